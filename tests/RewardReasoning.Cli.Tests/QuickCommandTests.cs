using System.Globalization;
using System.Text.Json;
using RewardReasoning.Cli.Terminals;
using RewardReasoning.Testing;

namespace RewardReasoning.Cli.Tests;

/// <summary>
/// A first stage before the judge. The server's judge prefers the response that says "right"; asked for a verdict without a thought it does so
/// too on queries below 300, and prefers whatever is shown first on the others.
/// </summary>
public sealed class QuickCommandTests : IDisposable
{
    private const int Known = 300;
    private const int TokensOfAReply = 5;
    private readonly string _folder = Directory.CreateTempSubdirectory("rrm-quick-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Theory]
    [InlineData(1, "first", 2)]
    [InlineData(301, "judge", 3)]
    public async Task Judge_Quick_ThinksOnlyWhereTheQuickVerdictIsNotSure(int query, string stage, int requests)
    {
        await using FakeOpenAIServer server = await FakeOpenAIServer.StartAsync(Answer);

        RrmResult result = await JudgeAsync(server, query, "--quick", "--quick-confidence", "0.9", "--json");

        Assert.True(result.ExitCode == ExitCodes.Done, result.Error);
        JsonElement judgment = JsonDocument.Parse(result.Out).RootElement;
        Assert.Equal(1, judgment.GetProperty("preferred").GetInt32());
        Assert.Equal(stage, judgment.GetProperty("stage").GetString());
        Assert.Equal(requests, server.Requests.Count);
        Assert.Equal(requests, judgment.GetProperty("usage").GetProperty("output_tokens").GetInt64() / TokensOfAReply);
    }

    [Fact]
    public async Task Judge_QuickInText_SaysWhichStageDecided()
    {
        await using FakeOpenAIServer server = await FakeOpenAIServer.StartAsync(Answer);

        RrmResult result = await JudgeAsync(server, 1, "--quick", "--quick-confidence", "0.9");

        Assert.Contains("decided by the first stage", result.Out, StringComparison.Ordinal);
    }

    /// <summary>From labelled pairs to a file that is judged with the fitted threshold, and with other settings refused.</summary>
    [Fact]
    public async Task Score_ThresholdOfCalibrate_DecidesWhatIsSafe()
    {
        await using FakeOpenAIServer server = await FakeOpenAIServer.StartAsync(Answer);
        string pairs = await WriteAsync(0, Known + 60),
            calibration = Path.Combine(_folder, "calibration.json"),
            output = Path.Combine(_folder, "out.jsonl"),
            summary = Path.Combine(_folder, "summary.json");
        RrmResult fitted = await Rrm.RunAsync(["calibrate", pairs, "--quick", "--out", calibration, "--json", .. At(server)]);
        Assert.True(fitted.ExitCode == ExitCodes.Done, fitted.Error);
        JsonElement stage = JsonDocument.Parse(fitted.Out).RootElement.GetProperty("first_stage");
        Assert.Equal((double)Known / (Known + 60), stage.GetProperty("decided_at_loss").GetProperty("0.01").GetDouble(), 1e-9);
        string[] options = ["--calibration", calibration, .. At(server)];

        RrmResult scored = await Rrm.RunAsync(["score", pairs, "--out", output, "--quick", "--summary", summary, .. options]);

        Assert.True(scored.ExitCode == ExitCodes.Done, scored.Error);
        Assert.Contains($"{Known} judgments were decided by the first stage", scored.Error, StringComparison.Ordinal);
        JsonElement report = JsonDocument.Parse(await File.ReadAllTextAsync(summary, TestContext.Current.CancellationToken)).RootElement;
        Assert.Equal(Known, report.GetProperty("screened").GetInt32());
        Assert.Equal(1, report.GetProperty("total").GetProperty("accuracy").GetDouble());

        RrmResult other = await JudgeAsync(server, 1, "--quick", "--votes", "3", "--calibration", calibration);
        Assert.Equal(ExitCodes.BadUsage, other.ExitCode);
        Assert.Contains("votes 1 instead of 3", other.Error, StringComparison.Ordinal);
        Assert.Contains("--quick-confidence P", other.Error, StringComparison.Ordinal);
    }

    /// <summary>Votes go to the pairs that the first stage leaves over.</summary>
    [Fact]
    public async Task Score_QuickWithABudget_SpendsVotesOnWhatIsLeftOver()
    {
        await using FakeOpenAIServer server = await FakeOpenAIServer.StartAsync(Answer);
        string pairs = await WriteAsync(Known - 20, 40),
            output = Path.Combine(_folder, "out.jsonl");

        RrmResult result = await Rrm.RunAsync([
            "score",
            pairs,
            "--out",
            output,
            "--budget-votes",
            "2",
            "--quick",
            "--quick-confidence",
            "0.9",
            .. At(server),
        ]);

        Assert.True(result.ExitCode == ExitCodes.Done, result.Error);
        JsonElement[] judged = [.. File.ReadLines(output).Select(line => JsonDocument.Parse(line).RootElement.GetProperty("judgment"))];
        Assert.All(judged[..20], judgment => Assert.Equal("first", judgment.GetProperty("stage").GetString()));
        Assert.All(judged[20..], judgment => Assert.Equal("judge", judgment.GetProperty("stage").GetString()));
        Assert.True(judged[20..].Average(judgment => judgment.GetProperty("votes").GetArrayLength()) > 2);
    }

    [Theory]
    [InlineData("How sure the first stage (quick, 0 tokens) must be to decide is not known", "--quick")]
    [InlineData("rrm calibrate PAIRS --quick", "--quick")]
    [InlineData("goes with --quick or --screen", "--quick-confidence", "0.9")]
    [InlineData("--quick and --screen are given", "--quick", "--screen", "m")]
    [InlineData("above 0.5 and at most 1", "--quick", "--quick-confidence", "0.5")]
    [InlineData("Leave out one", "--quick", "--quick-confidence", "0.9", "--quick-loss", "0.01")]
    [InlineData("not on average", "--quick", "--quick-loss", "0.01,average")]
    [InlineData("--quick and --abstain are given", "--quick", "--quick-confidence", "0.9", "--abstain", "0.05")]
    [InlineData("--quick-tokens is 9000; it is at most --max-tokens", "--quick", "--quick-tokens", "9000", "--quick-confidence", "0.9")]
    public async Task Judge_FirstStageThatCannotBe_IsRefused(string fault, params string[] args)
    {
        await using FakeOpenAIServer server = await FakeOpenAIServer.StartAsync(Answer);

        RrmResult result = await JudgeAsync(server, 1, args);

        Assert.Equal(ExitCodes.BadUsage, result.ExitCode);
        Assert.Contains(fault, result.Error, StringComparison.Ordinal);
        Assert.Empty(server.Requests);
    }

    /// <summary>The request for a verdict alone comes as a further turn that asks for it.</summary>
    private static FakeReply Answer(FakeRequest request)
    {
        JsonElement[] messages = [.. JsonDocument.Parse(request.Body.ToJsonString()).RootElement.GetProperty("messages").EnumerateArray()];
        string prompt = messages.Select(TextOf).First(text => text.Contains("## Query", StringComparison.Ordinal));
        bool isQuick = !TextOf(messages[^1]).Contains("## Query", StringComparison.Ordinal);
        int query = int.Parse(prompt.Split("q ", 2)[1].Split('\n')[0], CultureInfo.InvariantCulture);
        bool firstIsRight = prompt.IndexOf("\nright\n", StringComparison.Ordinal) < prompt.IndexOf("\nwrong\n", StringComparison.Ordinal);
        bool first = isQuick && query >= Known || firstIsRight;
        return FakeReply.Completion($@"\boxed{{Assistant {(first ? 1 : 2)}}}", reasoning: isQuick ? null : "Let me see.");

        static string TextOf(JsonElement message) => message.GetProperty("content").GetString() ?? "";
    }

    private static string[] At(FakeOpenAIServer server) => ["--endpoint", server.Url.ToString(), "--model", "m", "--store", "none"];

    private static Task<RrmResult> JudgeAsync(FakeOpenAIServer server, int query, params string[] args) =>
        Rrm.RunAsync(["judge", "--query", $"q {query}", "--response", "right", "--response", "wrong", .. At(server), .. args]);

    private async Task<string> WriteAsync(int from, int count)
    {
        string path = Path.Combine(_folder, "pairs.jsonl");
        await File.WriteAllLinesAsync(
            path,
            Enumerable.Range(from, count).Select(i => $$"""{"query":"q {{i}}","chosen":"right","rejected":"wrong"}"""),
            TestContext.Current.CancellationToken
        );
        return path;
    }
}
