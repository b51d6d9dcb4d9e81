using System.Diagnostics;
using System.Text.Json.Nodes;
using RewardReasoning.Cli.Terminals;
using RewardReasoning.Testing;

namespace RewardReasoning.Cli.Tests;

/// <summary><c>rrm train policy</c>, as a process, with its judge behind a server.</summary>
public sealed class PolicyTrainingTests : IDisposable
{
    private const int Concurrency = 4;
    private readonly TinyJudge _tiny = new();
    private readonly string _folder = Directory.CreateTempSubdirectory("rrm-policy-").FullName;

    public PolicyTrainingTests()
    {
        // It does not think, and of its tokens one in four ends its turn: random weights then write a few letters and stop.
        string settings = Path.Combine(_tiny.Folder, "tokenizer_config.json");
        File.WriteAllText(settings, File.ReadAllText(settings).Replace("<think>", "", StringComparison.Ordinal));
        File.WriteAllText(
            Path.Combine(_tiny.Folder, "generation_config.json"),
            $$"""{"eos_token_id":[{{string.Join(',', Enumerable.Range(0, 64))}}]}"""
        );
        File.WriteAllLines(At("questions.jsonl"), Enumerable.Range(0, 8).Select(i => $$"""{"query":"{{i}}+1"}"""));
    }

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Train_KilledWhileItsJudgeIsAsked_AsksForNothingTwiceThatItGot()
    {
        const int Answered = 12;
        int answered = Answered;
        await using FakeOpenAIServer server = await FakeOpenAIServer.StartAsync(request =>
            request.Index < Volatile.Read(ref answered) ? Judge(request) : new FakeReply { Hangs = true }
        );
        string recipe = Recipe(server, "run");

        using (Process process = Rrm.Start("train", "policy", recipe))
        {
            // A vote frees its slot once it is kept: when so many wait for an answer, those before them are in the store.
            while (server.Requests.Count < Answered + Concurrency && !process.HasExited)
            {
                await Task.Delay(20, Cancel);
            }

            Assert.False(process.HasExited, "it ended before it was killed");
            process.Kill(); // SIGKILL
            await process.WaitForExitAsync(Cancel);
        }

        string[] kept = [.. server.Requests.Take(Answered).Select(Asked)];
        Volatile.Write(ref answered, int.MaxValue);
        RrmResult resumed = await Rrm.StartAsync("", "train", "policy", recipe);
        Assert.True(resumed.ExitCode == ExitCodes.Done, resumed.Error);
        string[] after = [.. server.Requests.Skip(Answered + Concurrency).Select(Asked)];
        Assert.NotEmpty(after);
        Assert.Empty(after.Intersect(kept));
        Assert.Equal(after.Length, after.Distinct().Count());

        int before = server.Requests.Count;
        RrmResult again = await Rrm.StartAsync("", "train", "policy", Recipe(server, "again"));
        Assert.True(again.ExitCode == ExitCodes.Done, again.Error);
        Assert.Equal(before, server.Requests.Count);
        Assert.Equal(await WeightsAsync("run"), await WeightsAsync("again"));
        JsonNode last = Metrics("again")[^1];
        Assert.True((double?)last["judge/tokens"] > 0);
        Assert.Equal((double?)last["judge/tokens"], (double?)last["judge/kept_tokens"]);
    }

    [Fact]
    public async Task Train_NoStoreNamed_KeepsWhatAnEndpointWroteInTheUsersStore()
    {
        await using FakeOpenAIServer server = await FakeOpenAIServer.StartAsync(Judge);
        UserFolders folders = new(At("data"), null);
        RrmResult result = await Rrm.RunAsync(folders, ["train", "policy", Recipe(server, "run", store: null)]);
        Assert.True(result.ExitCode == ExitCodes.Done, result.Error);
        RrmResult stats = await Rrm.RunAsync(folders, ["store", "stats", "--json"]);
        Assert.Equal(server.Requests.Count, (int?)JsonNode.Parse(stats.Out)?["completions"]);
    }

    [Fact]
    public async Task Train_StoreThatCannotBeOpened_EndsBeforeAnythingIsAsked()
    {
        await using FakeOpenAIServer server = await FakeOpenAIServer.StartAsync(Judge);
        await File.WriteAllTextAsync(At("no.db"), new string('x', 1000), Cancel);
        RrmResult result = await Rrm.RunAsync("train", "policy", Recipe(server, "run", At("no.db")));
        Assert.Equal(ExitCodes.BadUsage, result.ExitCode);
        Assert.Contains("is no SQLite database", result.Error, StringComparison.Ordinal);
        Assert.Empty(server.Requests);
    }

    public void Dispose()
    {
        _tiny.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    /// <summary>Prefers by the length of what it is asked, so that a comparison always ends the same way.</summary>
    private static FakeReply Judge(FakeRequest request) =>
        FakeReply.Completion($@"\boxed{{Assistant {1 + ((request.LastContent("user") ?? "").Length % 2)}}}", reasoning: "Let me see.");

    /// <summary>What decides the answer: the prompt and the seed.</summary>
    private static string Asked(FakeRequest request) => request.Body.ToJsonString();

    private string At(string name) => Path.Combine(_folder, name);

    private string Recipe(FakeOpenAIServer server, string name) => Recipe(server, name, At("judged.db"));

    private string Recipe(FakeOpenAIServer server, string name, string? store)
    {
        JsonObject judge = new()
        {
            ["model"] = "m",
            ["endpoints"] = new JsonArray(server.Url.ToString()),
            ["concurrency"] = Concurrency,
        };
        if (store is not null)
        {
            judge["store"] = store;
        }

        JsonObject recipe = new()
        {
            ["out"] = At(name),
            ["model"] = _tiny.Folder,
            ["data"] = At("questions.jsonl"),
            ["steps"] = 2,
            ["questions_per_step"] = 2,
            ["max_tokens"] = 24,
            ["responses"] = 8,
            ["judge"] = judge,
        };
        File.WriteAllText(At(name + ".json"), recipe.ToJsonString());
        return At(name + ".json");
    }

    private JsonNode[] Metrics(string run) => [.. File.ReadLines(At(run + "/metrics.jsonl")).Select(line => JsonNode.Parse(line) ?? "")];

    private Task<byte[]> WeightsAsync(string run) => File.ReadAllBytesAsync(At(run + "/model/model.safetensors"), Cancel);
}
