using System.Text.Json;
using RewardReasoning.Cli.Terminals;
using RewardReasoning.Testing;

namespace RewardReasoning.Cli.Tests;

public sealed class BenchCanaryCommandTests : IDisposable
{
    private const int Pairs = 60;
    private readonly string _folder = Directory.CreateTempSubdirectory("rrm-canary-").FullName;

    /// <summary>Of ten seeds, so many give the right verdict.</summary>
    private int _rightOfTen = 9;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task Canary_SameJudge_FindsNoChange()
    {
        await using FakeOpenAIServer server = await FakeOpenAIServer.StartAsync(Judge);
        string judged = await ScoreAsync(server);

        RrmResult result = await CanaryAsync(server, judged, "--json");

        Assert.Equal(ExitCodes.Done, result.ExitCode);
        JsonElement report = JsonDocument.Parse(result.Out).RootElement;
        Assert.Equal(
            (false, Pairs, 8 * Pairs),
            (report.GetProperty("changed").GetBoolean(), report.GetProperty("pairs").GetInt32(), report.GetProperty("votes_now").GetInt32())
        );
    }

    [Fact]
    public async Task Canary_WorseJudge_StopsAtThePairThatShowsItAndSaysSo()
    {
        await using FakeOpenAIServer server = await FakeOpenAIServer.StartAsync(Judge);
        string judged = await ScoreAsync(server);
        _rightOfTen = 6;

        RrmResult result = await CanaryAsync(server, judged);

        Assert.Equal(ExitCodes.CheckFailed, result.ExitCode);
        Assert.Contains("m has changed: it is right less often", result.Out, StringComparison.Ordinal);
        Assert.DoesNotContain($"from {Pairs} pairs", result.Out, StringComparison.Ordinal);
    }

    /// <summary>A row and its swap have the same votes, which count once.</summary>
    [Fact]
    public async Task Canary_PairsThatAreRepeated_CountOnce()
    {
        await using FakeOpenAIServer server = await FakeOpenAIServer.StartAsync(Judge);
        string judged = await ScoreAsync(server);
        await File.AppendAllLinesAsync(judged, await File.ReadAllLinesAsync(judged, Cancel), Cancel);

        RrmResult result = await CanaryAsync(server, judged, "--json");

        Assert.Equal(Pairs, JsonDocument.Parse(result.Out).RootElement.GetProperty("pairs").GetInt32());
    }

    [Theory]
    [InlineData("temperature", "--temperature", "1")]
    [InlineData("was judged by 'm'", "--model", "other")]
    [InlineData("--adaptive", "--adaptive", "0.95")]
    [InlineData("false alarm", "--alarm", "1")]
    public async Task Canary_WhatCannotBeCompared_IsRefused(string fault, params string[] args)
    {
        await using FakeOpenAIServer server = await FakeOpenAIServer.StartAsync(Judge);
        string judged = await ScoreAsync(server);

        RrmResult result = await CanaryAsync(server, judged, args);

        Assert.Equal(ExitCodes.BadUsage, result.ExitCode);
        Assert.Contains(fault, result.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Canary_FileWithoutJudgments_NamesItsRows()
    {
        await using FakeOpenAIServer server = await FakeOpenAIServer.StartAsync(Judge);
        string pairs = Path.Combine(_folder, "pairs.jsonl");
        await File.WriteAllTextAsync(pairs, """{"query":"q","response_1":"right","response_2":"b"}""", Cancel);

        RrmResult result = await CanaryAsync(server, pairs);

        Assert.Equal(ExitCodes.SomeMissing, result.ExitCode);
        Assert.Contains("pairs.jsonl:1: The row has no 'judgment'", result.Error, StringComparison.Ordinal);
    }

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    private FakeReply Judge(FakeRequest request)
    {
        bool first = RightAnswerServer.Judge(request).Content.Contains("Assistant 1", StringComparison.Ordinal);
        bool right = (request.Body["seed"]?.GetValue<int>() ?? 0) % 10 < _rightOfTen;
        return FakeReply.Completion($@"So \boxed{{Assistant {(first == right ? 1 : 2)}}}", reasoning: "Let me see.");
    }

    private async Task<string> ScoreAsync(FakeOpenAIServer server)
    {
        string input = Path.Combine(_folder, "in.jsonl"),
            output = Path.Combine(_folder, "judged.jsonl");
        await File.WriteAllLinesAsync(
            input,
            Enumerable.Range(0, Pairs).Select(i => $$"""{"query":"q {{i}}","response_1":"right","response_2":"b","label":1}"""),
            Cancel
        );
        string[] args = ["score", input, "--out", output, "--votes", "16", "--store", "none"];
        RrmResult result = await Rrm.RunAsync([.. args, "--endpoint", server.Url.ToString(), "--model", "m"]);
        Assert.Equal(ExitCodes.Done, result.ExitCode);
        return output;
    }

    private static Task<RrmResult> CanaryAsync(FakeOpenAIServer server, string judged, params string[] args) =>
        Rrm.RunAsync([
            "bench",
            "canary",
            judged,
            "--endpoint",
            server.Url.ToString(),
            .. args.Contains("--model") ? Array.Empty<string>() : ["--model", "m"],
            .. args,
        ]);
}
