using System.Collections.Concurrent;
using System.Diagnostics;
using System.Text.Json.Nodes;
using RewardReasoning.Cli.Terminals;
using RewardReasoning.Testing;

namespace RewardReasoning.Cli.Tests;

/// <summary><c>--store</c> and <c>rrm store</c>: what is kept between runs, and between processes.</summary>
public sealed class StoreTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("rrm-kept-").FullName;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    private string Store => Path.Combine(_folder, "store.db");

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task Judge_Again_AsksNothingAndSaysSo()
    {
        await using FakeOpenAIServer server = await RightAnswerServer.StartAsync();
        JsonNode first = Json(await JudgeAsync(server, "--votes", "3", "--json"));
        JsonNode second = Json(await JudgeAsync(server, "--votes", "3", "--json"));
        Assert.Equal(3, server.Requests.Count);
        Assert.Equal(first["votes"]?.ToJsonString(), second["votes"]?.ToJsonString());
        Assert.Equal(
            (0, 3, 15),
            (
                (int?)first["usage"]?["kept_completions"],
                (int?)second["usage"]?["kept_completions"],
                (int?)second["usage"]?["kept_output_tokens"]
            )
        );
        RrmResult shown = await JudgeAsync(server, "--votes", "4");
        Assert.Equal(4, server.Requests.Count);
        Assert.Contains(" · 20 tokens · 15 of them from the store · ", shown.Out, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Judge_AnotherServerWithTheSameModel_FindsWhatTheFirstOneWrote()
    {
        await using FakeOpenAIServer first = await RightAnswerServer.StartAsync();
        await using FakeOpenAIServer second = await RightAnswerServer.StartAsync();
        await JudgeAsync(first);
        await JudgeAsync(second);
        Assert.Empty(second.Requests);
        await JudgeAsync(second, "--revision", "step-200");
        Assert.Single(second.Requests);
        await JudgeAsync(second, "--server", "vllm");
        Assert.Equal(2, second.Requests.Count);
    }

    [Fact]
    public async Task Judge_StoreNone_KeepsNothing()
    {
        await using FakeOpenAIServer server = await RightAnswerServer.StartAsync();
        UserFolders folders = new(Path.Combine(_folder, "data"), null);
        string[] args =
        [
            "judge",
            "--query",
            "q",
            "--response",
            "right",
            "--response",
            "b",
            "--endpoint",
            server.Url.ToString(),
            "--model",
            "m",
            "--store",
            "none",
        ];
        Assert.Equal(ExitCodes.Done, (await Rrm.RunAsync(folders, args)).ExitCode);
        Assert.Equal(ExitCodes.Done, (await Rrm.RunAsync(folders, args)).ExitCode);
        Assert.Equal(2, server.Requests.Count);
        Assert.False(Directory.Exists(folders.Data));
    }

    [Fact]
    public async Task Judge_NoStoreNamed_KeepsInTheUsersDataFolderThatOthersCannotRead()
    {
        await using FakeOpenAIServer server = await RightAnswerServer.StartAsync();
        UserFolders folders = new(Path.Combine(_folder, "share", "rewardreasoning"), null);
        RrmResult judged = await Rrm.RunAsync(
            folders,
            ["judge", "--query", "q", "--response", "right", "--response", "b", "--endpoint", server.Url.ToString(), "--model", "m"]
        );
        Assert.Equal((ExitCodes.Done, ""), (judged.ExitCode, judged.Error));
        Assert.True(File.Exists(Path.Combine(folders.Data ?? "", "completions.db")));
        if (!OperatingSystem.IsWindows())
        {
            Assert.Equal(
                UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute,
                File.GetUnixFileMode(folders.Data ?? "")
            );
        }

        RrmResult stats = await Rrm.RunAsync(folders, ["store", "stats"]);
        Assert.Contains("m: 1 completions of 1 prompts", stats.Out, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("judge", "--query", "q", "--response", "a", "--response", "b", "--endpoint", "http://127.0.0.1:9/v1", "--model", "m")]
    [InlineData("store", "stats")]
    public async Task Anything_NoHome_SaysWhereAStoreCouldBe(params string[] args)
    {
        RrmResult result = await Rrm.RunAsync(new UserFolders(null, null), args);
        Assert.Equal((ExitCodes.BadUsage, ""), (result.ExitCode, result.Out));
        Assert.Contains("neither XDG_DATA_HOME nor HOME", result.Error, StringComparison.Ordinal);
        Assert.Contains("--store none", result.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Score_StoreThatIsNone_LeavesOutAlone()
    {
        await File.WriteAllTextAsync(Store, new string('x', 1000), Cancel);
        string output = Path.Combine(_folder, "out.jsonl");
        RrmResult result = await Rrm.RunAsync(
            "score",
            await RowsAsync(3),
            "--out",
            output,
            "--endpoint",
            "http://127.0.0.1:9/v1",
            "--model",
            "m",
            "--store",
            Store
        );
        Assert.Equal((ExitCodes.BadUsage, ""), (result.ExitCode, result.Out));
        Assert.Contains("is no SQLite database", result.Error, StringComparison.Ordinal);
        Assert.False(File.Exists(output));
    }

    [Fact]
    public async Task Score_PasswordInTheAddress_IsRefusedAndNotRepeated()
    {
        RrmResult result = await Rrm.RunAsync(
            "score",
            await RowsAsync(1),
            "--out",
            "-",
            "--endpoint",
            "http://127.0.0.1:9/v1",
            "--model",
            "m",
            "--store",
            "postgres://me:s3cret@127.0.0.1:9/db"
        );
        Assert.Equal(ExitCodes.BadUsage, result.ExitCode);
        Assert.Contains("PGPASSWORD", result.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("s3cret", result.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Score_KilledAgainAndAgain_EndsAsIfUndisturbedAndAsksLittleTwice()
    {
        const int Rows = 200,
            Concurrency = 4,
            Kills = 3;
        Random random = new(11);
        string input = await RowsAsync(Rows);
        string output = Path.Combine(_folder, "out.jsonl");
        int killAt = 0;
        Process? running = null;
        await using FakeOpenAIServer server = await FakeOpenAIServer.StartAsync(request =>
        {
            if (request.Index == Volatile.Read(ref killAt))
            {
                // On a busy machine the process may ask before its start has returned here.
                SpinWait.SpinUntil(() => Volatile.Read(ref running) is not null);
                running?.Kill(); // SIGKILL
            }

            return RightAnswerServer.Judge(request);
        });
        string[] args =
        [
            "score",
            input,
            "--out",
            output,
            "--endpoint",
            server.Url.ToString(),
            "--model",
            "m",
            "--concurrency",
            $"{Concurrency}",
            "--store",
            Store,
        ];
        for (int i = 0; i < Kills; i++)
        {
            Volatile.Write(ref killAt, server.Requests.Count + random.Next(10, Rows / Kills));
            using Process process = Rrm.Start(args);
            Volatile.Write(ref running, process);
            await process.WaitForExitAsync(Cancel);
            Volatile.Write(ref running, null);
            Assert.Equal(128 + 9, process.ExitCode);
        }

        Volatile.Write(ref killAt, -1);
        Assert.Equal(ExitCodes.Done, (await Rrm.StartAsync("", args)).ExitCode);
        Assert.InRange(server.Requests.Count, Rows, Rows + (Kills * Concurrency));

        RrmResult again = await Rrm.StartAsync("", args);
        Assert.Contains(
            $"{Rows} completions came from the store: 0 of {5 * Rows} tokens were written now",
            again.Error,
            StringComparison.Ordinal
        );

        string undisturbed = Path.Combine(_folder, "undisturbed.jsonl");
        await Rrm.RunAsync(["score", input, "--out", undisturbed, "--endpoint", server.Url.ToString(), "--model", "m", "--store", "none"]);
        Assert.Equal(await WithoutUsageAsync(undisturbed), await WithoutUsageAsync(output));
    }

    [Fact]
    public async Task Score_TwoProcessesOnOneStore_AskNothingTwiceButWhatWasInFlight()
    {
        const int Rows = 200,
            Concurrency = 4;
        string forwards = await RowsAsync(Rows);
        string backwards = Path.Combine(_folder, "backwards.jsonl");
        await File.WriteAllLinesAsync(backwards, (await File.ReadAllLinesAsync(forwards, Cancel)).Reverse(), Cancel);
        ConcurrentDictionary<string, int> asked = new();
        await using FakeOpenAIServer server = await FakeOpenAIServer.StartAsync(request =>
        {
            asked.AddOrUpdate(request.Body.ToJsonString(), 1, (_, times) => times + 1);
            return RightAnswerServer.Judge(request);
        });
        string[] outputs = [Path.Combine(_folder, "a.jsonl"), Path.Combine(_folder, "b.jsonl")];
        RrmResult[] results = await Task.WhenAll(
            new[] { forwards, backwards }.Zip(
                outputs,
                (input, output) =>
                    Rrm.StartAsync(
                        "",
                        "score",
                        input,
                        "--out",
                        output,
                        "--endpoint",
                        server.Url.ToString(),
                        "--model",
                        "m",
                        "--concurrency",
                        $"{Concurrency}",
                        "--store",
                        Store
                    )
            )
        );
        Assert.All(
            results,
            result =>
                Assert.Equal(
                    (ExitCodes.Done, Rows),
                    (result.ExitCode, result.Error.Contains($"{Rows} judged", StringComparison.Ordinal) ? Rows : 0)
                )
        );
        Assert.Equal((Rows, 2), (asked.Count, Math.Max(2, asked.Values.Max())));
        Assert.InRange(server.Requests.Count, Rows, Rows + (4 * Concurrency));
        Assert.Equal(await WithoutUsageAsync(outputs[0]), (await WithoutUsageAsync(outputs[1])).Reverse());
    }

    [Fact]
    public async Task Stats_Export_Prune_OfWhatWasKept()
    {
        await using FakeOpenAIServer server = await RightAnswerServer.StartAsync();
        await JudgeAsync(server, "--votes", "3", "--json");
        JsonNode stats = Json(await Rrm.RunAsync("store", "stats", "--store", Store, "--json"));
        Assert.Equal(
            (3, "m", 2),
            ((int?)stats["completions"], (string?)stats["models"]?[0]?["model"], (int?)stats["models"]?[0]?["prompts"])
        );

        RrmResult export = await Rrm.RunAsync("store", "export", "--store", Store, "--model", "m");
        Assert.Equal((ExitCodes.Done, "rrm: 3 completions\n"), (export.ExitCode, export.Error));
        JsonNode line = JsonNode.Parse(export.Out.Split('\n')[0]) ?? new JsonObject();
        Assert.Equal(
            ("m", "Let me see.", "stop", 5),
            ((string?)line["model"], (string?)line["reasoning"], (string?)line["finish_reason"], (int?)line["usage"]?["output_tokens"])
        );
        Assert.Contains("### Assistant 1", (string?)line["messages"]?[1]?["content"], StringComparison.Ordinal);
        Assert.Equal((0.6f, 8192), ((float?)line["settings"]?["temperature"], (int?)line["settings"]?["max_tokens"]));
        Assert.DoesNotContain(server.Url.Authority, export.Out, StringComparison.Ordinal);

        Assert.Equal(
            "would remove 3 completions",
            (await Rrm.RunAsync("store", "prune", "--store", Store, "--older-than", "0d", "--dry-run")).Out.Split(" (")[0]
        );
        Assert.Equal(
            "removed 0 completions",
            (await Rrm.RunAsync("store", "prune", "--store", Store, "--older-than", "1d")).Out.Split(" (")[0]
        );
        JsonNode pruned = Json(await Rrm.RunAsync("store", "prune", "--store", Store, "--model", "m", "--json"));
        Assert.Equal((3, false), ((int?)pruned["completions"], (bool?)pruned["dry_run"]));
        Assert.Contains("0 completions", (await Rrm.RunAsync("store", "stats", "--store", Store)).Out, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("There is no store", "stats")]
    [InlineData("There is no store", "export")]
    [InlineData("Say what to remove", "prune")]
    [InlineData("it is a number with a unit", "prune", "--older-than", "30")]
    [InlineData("it is a size", "prune", "--max-size", "much")]
    public async Task Store_BadUsage_SaysWhatIsWrong(string message, params string[] args)
    {
        RrmResult result = await Rrm.RunAsync(["store", .. args, "--store", Path.Combine(_folder, "missing.db")]);
        Assert.Equal((ExitCodes.BadUsage, ""), (result.ExitCode, result.Out));
        Assert.Contains(message, result.Error, StringComparison.Ordinal);
    }

    private Task<RrmResult> JudgeAsync(FakeOpenAIServer server, params string[] args) =>
        Rrm.RunAsync([
            "judge",
            "--query",
            "q",
            "--response",
            "right",
            "--response",
            "b",
            "--endpoint",
            server.Url.ToString(),
            "--model",
            "m",
            "--store",
            Store,
            .. args,
        ]);

    private async Task<string> RowsAsync(int count)
    {
        string path = Path.Combine(_folder, "in.jsonl");
        await File.WriteAllLinesAsync(
            path,
            Enumerable.Range(0, count).Select(i => $$"""{"id":{{i}},"query":"q{{i}}","response_1":"right","response_2":"b"}"""),
            Cancel
        );
        return path;
    }

    private static JsonNode Json(RrmResult result)
    {
        Assert.Equal((ExitCodes.Done, ""), (result.ExitCode, result.Error));
        return JsonNode.Parse(result.Out) ?? new JsonObject();
    }

    /// <summary>What it took differs from run to run; what was judged does not.</summary>
    private static async Task<string[]> WithoutUsageAsync(string path) =>
        [
            .. (await File.ReadAllLinesAsync(path, Cancel)).Select(line =>
            {
                JsonNode row = JsonNode.Parse(line) ?? new JsonObject();
                (row["judgment"] as JsonObject)?.Remove("usage");
                return row.ToJsonString();
            }),
        ];
}
