using System.Globalization;
using System.Text.Json;
using RewardReasoning.Cli.Terminals;
using RewardReasoning.Testing;

namespace RewardReasoning.Cli.Tests;

public sealed class ScoreBudgetTests : IDisposable
{
    private const int Pairs = 40;
    private readonly string _folder = Directory.CreateTempSubdirectory("rrm-budget-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task Score_BudgetOfVotes_SpendsItOnThePairsThatAreSplit()
    {
        await using FakeOpenAIServer server = await FakeOpenAIServer.StartAsync(SplitOnTheFirstTen);
        (RrmResult result, JsonElement[] rows) = await ScoreAsync(server, "out.jsonl", "--budget-votes", "3", "--store", "none");

        Assert.Equal(ExitCodes.Done, result.ExitCode);
        int[] votes = [.. rows.Select(row => row.GetProperty("judgment").GetProperty("votes").GetArrayLength())];
        Assert.Equal(3 * Pairs, votes.Sum());
        Assert.True(votes[..10].Average() > 1.5 * votes[10..].Average(), string.Join(' ', votes));
        Assert.Contains(rows, row => row.GetProperty("judgment").GetProperty("ended_by").GetString() == "budget");
        Assert.All(rows, row => Assert.Equal(17, row.GetProperty("judgment").GetProperty("max_votes").GetInt32()));
    }

    [Fact]
    public async Task Score_SameBudgetAgain_AsksNothingAndWritesTheSame()
    {
        await using FakeOpenAIServer server = await FakeOpenAIServer.StartAsync(SplitOnTheFirstTen);
        string store = Path.Combine(_folder, "store.db");
        (_, JsonElement[] before) = await ScoreAsync(server, "one.jsonl", "--budget-votes", "2.5", "--store", store);
        int asked = server.Requests.Count;

        (RrmResult result, JsonElement[] again) = await ScoreAsync(server, "two.jsonl", "--budget-votes", "2.5", "--store", store);

        Assert.Equal(ExitCodes.Done, result.ExitCode);
        Assert.Equal(asked, server.Requests.Count);
        Assert.Equal(before.Select(Verdicts), again.Select(Verdicts));
    }

    [Fact]
    public async Task Score_BudgetBelowOneVoteEach_LeavesTheLastRowsMissing()
    {
        await using FakeOpenAIServer server = await FakeOpenAIServer.StartAsync(SplitOnTheFirstTen);
        (RrmResult result, JsonElement[] rows) = await ScoreAsync(server, "out.jsonl", "--budget-tokens", "100", "--store", "none");

        Assert.Equal(ExitCodes.SomeMissing, result.ExitCode);
        int judged = rows.Count(row => row.TryGetProperty("judgment", out _));
        Assert.InRange(judged, 1, Pairs - 1);
        Assert.All(rows[..judged], row => Assert.True(row.TryGetProperty("judgment", out _)));
        Assert.Contains("The budget was used up", rows[^1].GetProperty("error").GetString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Score_CandidatesUnderABudget_AreNamedAndThePairsJudged()
    {
        await using FakeOpenAIServer server = await FakeOpenAIServer.StartAsync(SplitOnTheFirstTen);
        string input = Path.Combine(_folder, "mixed.jsonl");
        await File.WriteAllLinesAsync(
            input,
            ["""{"query":"q","responses":["a","b"]}""", """{"query":"q 20","response_1":"a","response_2":"b"}"""],
            TestContext.Current.CancellationToken
        );

        (RrmResult result, JsonElement[] rows) = await ScoreAsync(server, "out.jsonl", input, "--budget-votes", "2", "--store", "none");

        Assert.Equal(ExitCodes.SomeMissing, result.ExitCode);
        Assert.Contains("a budget spreads votes over pairs", rows[0].GetProperty("error").GetString(), StringComparison.Ordinal);
        Assert.True(rows[1].TryGetProperty("judgment", out _));
    }

    [Fact]
    public async Task Score_NoServerUnderABudget_EndsAtOnce()
    {
        RrmResult result = await Rrm.RunAsync(
            "score",
            await WriteAsync(),
            "--out",
            Path.Combine(_folder, "out.jsonl"),
            "--budget-votes",
            "2",
            "--endpoint",
            FakeOpenAIServer.UnusedUrl().ToString(),
            "--model",
            "m",
            "--tries",
            "1"
        );

        Assert.Equal(ExitCodes.Failed, result.ExitCode);
        Assert.Contains("connection refused", result.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("--adaptive", "--budget-votes", "2", "--adaptive", "0.95")]
    [InlineData("--ties", "--budget-tokens", "500", "--ties")]
    [InlineData("both", "--budget-tokens", "500", "--budget-votes", "2")]
    [InlineData("0.5", "--budget-votes", "0.5")]
    [InlineData("nothing", "--budget-tokens", "0")]
    [InlineData("2 to 100", "--budget-votes", "2", "--votes", "1")]
    public async Task Score_BudgetThatCannotBeKept_IsRefusedBeforeAnyRequest(string fault, params string[] args)
    {
        await using FakeOpenAIServer server = await FakeOpenAIServer.StartAsync(SplitOnTheFirstTen);
        (RrmResult result, _) = await ScoreAsync(server, "out.jsonl", args);

        Assert.Equal(ExitCodes.BadUsage, result.ExitCode);
        Assert.Contains(fault, result.Error, StringComparison.Ordinal);
        Assert.Empty(server.Requests);
    }

    /// <summary>On the first ten queries every second seed says otherwise; elsewhere response a wins wherever it is shown.</summary>
    private static FakeReply SplitOnTheFirstTen(FakeRequest request)
    {
        string prompt = request.LastContent("user") ?? "";
        int query = int.Parse(prompt.Split("q ", 2)[1].Split('\n')[0], CultureInfo.InvariantCulture);
        bool firstIsA = prompt.IndexOf("\na\n", StringComparison.Ordinal) < prompt.IndexOf("\nb\n", StringComparison.Ordinal);
        bool a = query >= 10 || request.Body["seed"]?.GetValue<int>() % 2 == 0;
        return FakeReply.Completion($@"So \boxed{{Assistant {(a == firstIsA ? 1 : 2)}}}", reasoning: "Let me see.");
    }

    private static string Verdicts(JsonElement row) =>
        string.Join(' ', row.GetProperty("judgment").GetProperty("votes").EnumerateArray().Select(vote => vote.GetProperty("verdict")));

    private async Task<string> WriteAsync()
    {
        string input = Path.Combine(_folder, "in.jsonl");
        await File.WriteAllLinesAsync(
            input,
            Enumerable.Range(0, Pairs).Select(i => $$"""{"query":"q {{i}}","response_1":"a","response_2":"b"}"""),
            TestContext.Current.CancellationToken
        );
        return input;
    }

    private async Task<(RrmResult Result, JsonElement[] Rows)> ScoreAsync(FakeOpenAIServer server, string output, params string[] args)
    {
        string[] input = args[0].EndsWith(".jsonl", StringComparison.Ordinal) ? [] : [await WriteAsync()];
        string path = Path.Combine(_folder, output);
        RrmResult result = await Rrm.RunAsync([
            "score",
            .. input,
            .. args,
            "--out",
            path,
            "--endpoint",
            server.Url.ToString(),
            "--model",
            "m",
        ]);
        return (
            result,
            File.Exists(path) ? [.. (await File.ReadAllLinesAsync(path)).Select(line => JsonDocument.Parse(line).RootElement)] : []
        );
    }
}
