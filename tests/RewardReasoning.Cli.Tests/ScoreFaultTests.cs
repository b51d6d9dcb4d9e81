using System.Collections.Concurrent;
using System.Text.Json.Nodes;
using RewardReasoning.Cli.Terminals;
using RewardReasoning.Testing;

namespace RewardReasoning.Cli.Tests;

/// <summary><c>rrm score</c> over servers in trouble: every judgment is made once, none is lost and none is doubled.</summary>
public sealed class ScoreFaultTests : IDisposable
{
    private const int Rows = 42;
    private readonly string _folder = Directory.CreateTempSubdirectory("rrm-faults-").FullName;

    private static readonly FakeReply[] Faults =
    [
        FakeReply.Error(429, "slow down") with
        {
            Headers = new Dictionary<string, string> { ["Retry-After"] = "1" },
        },
        FakeReply.Error(429, "slow down"),
        FakeReply.Error(500, "oh"),
        new FakeReply { Content = "cut", Resets = true },
        new FakeReply { Body = """{"choices":[{"message":{"content":"ha""" },
        new FakeReply { Body = "}{ no JSON" },
        new FakeReply { Hangs = true },
    ];

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task Score_EveryRequestFailsOnce_MakesEveryJudgmentOnce()
    {
        ConcurrentDictionary<string, int> tries = new();
        int answered = 0;
        await using FakeOpenAIServer server = await FakeOpenAIServer.StartAsync(request =>
        {
            int kind = NumberOf(request) % Faults.Length;
            if (tries.AddOrUpdate(request.Body.ToJsonString(), 1, (_, before) => before + 1) == 1)
            {
                return Faults[kind];
            }

            Interlocked.Increment(ref answered);
            return RightAnswerServer.Judge(request);
        });
        RrmResult result = await ScoreAsync(server, "--tries", "6", "--timeout", "2");
        Assert.Equal((ExitCodes.Done, ""), (result.ExitCode, result.Out));
        Assert.Contains($"{Rows} rows: {Rows} judged, 0 missing", result.Error, StringComparison.Ordinal);
        Assert.Equal((Rows, Rows), (tries.Count, answered));
        Assert.Equal(Enumerable.Range(0, Rows), (await ReadAsync()).Select(row => (int)(row["id"] ?? -1)));
        RrmResult stats = await Rrm.RunAsync("store", "stats", "--store", Store, "--json");
        Assert.Equal(Rows, (int?)JsonNode.Parse(stats.Out)?["completions"]);
    }

    [Fact]
    public async Task Score_ServerDiesForGood_TheNextRunAsksForTheRestOnly()
    {
        bool isDead = false;
        ConcurrentDictionary<string, int> answered = new();
        await using FakeOpenAIServer server = await FakeOpenAIServer.StartAsync(request =>
        {
            if (Volatile.Read(ref isDead) || answered.Count >= Rows / 2)
            {
                Volatile.Write(ref isDead, true);
                return FakeReply.Error(500, "dead");
            }

            answered.AddOrUpdate(request.Body.ToJsonString(), 1, (_, before) => before + 1);
            return RightAnswerServer.Judge(request);
        });
        RrmResult first = await ScoreAsync(server, "--tries", "1");
        Assert.Equal(ExitCodes.SomeMissing, first.ExitCode);
        JsonNode[] rows = await ReadAsync();
        Assert.Equal((Rows, answered.Count), (rows.Length, rows.Count(row => row["judgment"] is not null)));
        Assert.Equal(Rows - answered.Count, rows.Count(row => row["error"] is not null));

        await using FakeOpenAIServer alive = await FakeOpenAIServer.StartAsync(request =>
        {
            answered.AddOrUpdate(request.Body.ToJsonString(), 1, (_, before) => before + 1);
            return RightAnswerServer.Judge(request);
        });
        Assert.Equal(ExitCodes.Done, (await ScoreAsync(alive)).ExitCode);
        Assert.Equal(Rows, (await ReadAsync()).Count(row => row["judgment"] is not null));
        Assert.Equal((Rows, 1), (answered.Count, answered.Values.Max()));
    }

    private string Store => Path.Combine(_folder, "store.db");

    private async Task<RrmResult> ScoreAsync(FakeOpenAIServer server, params string[] args)
    {
        string input = Path.Combine(_folder, "in.jsonl");
        await File.WriteAllLinesAsync(
            input,
            Enumerable.Range(0, Rows).Select(i => $$"""{"id":{{i}},"query":"number {{i}}","response_1":"right","response_2":"b"}"""),
            Cancel
        );
        return await Rrm.RunAsync([
            "score",
            input,
            "--out",
            Path.Combine(_folder, "out.jsonl"),
            "--endpoint",
            server.Url.ToString(),
            "--model",
            "m",
            "--store",
            Store,
            .. args,
        ]);
    }

    private async Task<JsonNode[]> ReadAsync() =>
        [
            .. (await File.ReadAllLinesAsync(Path.Combine(_folder, "out.jsonl"), Cancel)).Select(line =>
                JsonNode.Parse(line) ?? new JsonObject()
            ),
        ];

    private static int NumberOf(FakeRequest request)
    {
        string text = request.LastContent("user") ?? "";
        string tail = text[(text.IndexOf("number ", StringComparison.Ordinal) + 7)..];
        return int.Parse(tail[..tail.IndexOf('\n', StringComparison.Ordinal)], System.Globalization.CultureInfo.InvariantCulture);
    }
}
