using RewardReasoning.Evaluation.Criteria;
using RewardReasoning.Judging;
using RewardReasoning.Ratings;
using RewardReasoning.Testing;
using Xunit;

namespace RewardReasoning.Evaluation.Tests.Criteria;

public sealed class CriteriaJudgeTests : IDisposable
{
    private readonly string _path = Path.Combine(Path.GetTempPath(), $"rrm-criteria-{Guid.NewGuid():N}.json");

    public void Dispose() => File.Delete(_path);

    [Fact]
    public async Task CompareAsync_OneCriterionEach_AddsUpByWeight()
    {
        // "kind" is met by the response that says kind, "short" always by the one shown first: half a vote each.
        CriteriaResult result = await CompareAsync(
            """{"criteria":[{"name":"k","text":"KIND"},{"name":"s","text":"SHORT","weight":2},{"name":"w","words":{"max":2}}]}""",
            "kind words and more",
            "brief",
            request =>
                request.UserText.Contains("KIND", StringComparison.Ordinal)
                    ? Boxed(ShownFirst(request).Contains("kind", StringComparison.Ordinal))
                    : Boxed(true)
        );
        Assert.Equal(["w", "k", "s"], result.Criteria.Select(part => part.Name));
        Assert.Equal([0, 1, 1, 0, 0.5, 0.5], result.Criteria.SelectMany(part => part.Values));
        Assert.Equal([2 / 4.0, 2 / 4.0], result.Totals); // (0 + 1 + 2 · ½) / 4 against (1 + 0 + 2 · ½) / 4
        Assert.Equal((MatchOutcome.Tie, null, null), (result.Outcome, result.Preferred, result.Missing));
    }

    [Fact]
    public async Task CompareAsync_CriticalCheckFails_DecidesWithoutTheJudge()
    {
        using ScriptedChatClient client = ScriptedChatClient.Of(@"\boxed{Assistant 1}");
        CriteriaResult result = await JudgeOver(
                client,
                """{"criteria":[{"name":"k","text":"KIND"},{"name":"a","equals_answer":"4","critical":true}]}"""
            )
            .CompareAsync(new("2+2", "It is 5.", "It is 4."), TestContext.Current.CancellationToken);
        Assert.Empty(client.Requests);
        Assert.Equal((MatchOutcome.Second, 2, "a"), (result.Outcome, result.Preferred, result.DecidedBy));
        Assert.Equal([0, 1], result.Totals);
        Assert.Equal([null, null], result.Criteria[1].Values);
    }

    [Fact]
    public async Task CompareAsync_BothFailTheCriticalCheck_IsATie() =>
        Assert.Equal(
            MatchOutcome.Tie,
            (
                await CompareAsync(
                    """{"criteria":[{"name":"a","equals_answer":"4","critical":true},{"name":"k","text":"KIND"}]}""",
                    "It is 5.",
                    "It is 6.",
                    _ => throw new InvalidOperationException("Nobody is to be asked.")
                )
            ).Outcome
        );

    [Fact]
    public async Task CompareAsync_PartMissing_HasNoTotal()
    {
        CriteriaResult result = await CompareAsync(
            """{"criteria":[{"name":"k","text":"KIND"},{"name":"c","contains":"a"}]}""",
            "a",
            "b",
            _ => "I cannot say."
        );
        Assert.Equal((MatchOutcome.Missing, null), (result.Outcome, result.Preferred));
        Assert.All(result.Totals, total => Assert.Null(total));
        Assert.StartsWith("k: No vote has a verdict", result.Missing, StringComparison.Ordinal);
    }

    [Fact]
    public async Task CompareAsync_Pointwise_ScoresEachByItself()
    {
        CriteriaResult result = await CompareAsync(
            """{"mode":"pointwise","criteria":[{"name":"k","text":"KIND"}]}""",
            "kind",
            "rude",
            request => request.UserText.Contains("rude", StringComparison.Ordinal) ? @"\boxed{2}" : @"\boxed{\text{5}}"
        );
        Assert.Equal([1.0, 0.25], result.Totals);
        Assert.Equal(
            [
                [5, 5],
                [2, 2],
            ],
            result.Criteria[0].Scores?.Select(votes => votes.ToArray()) ?? []
        );
        Assert.Equal(1, result.Preferred);
    }

    [Fact]
    public async Task ScoreAsync_SingleResponse_IsPointwiseAndItsVotesAreAveraged()
    {
        using ScriptedChatClient client = ScriptedChatClient.Of(@"\boxed{2}", @"\boxed{4}");
        CriteriaResult result = await JudgeOver(client, """{"criteria":[{"name":"k","text":"KIND"}]}""")
            .ScoreAsync("q", "a", TestContext.Current.CancellationToken);
        Assert.Null(result.Outcome);
        Assert.Equal([0.5], result.Totals);
        Assert.Equal([2, 4], (result.Criteria[0].Scores?[0] ?? []).Order());
    }

    [Theory]
    [InlineData(@"\boxed{6}")]
    [InlineData(@"\boxed{0}")]
    [InlineData(@"\boxed{4.5}")]
    [InlineData("Four of five.")]
    [InlineData(@"<think>\boxed{4}")]
    public async Task ScoreAsync_NoScoreInTheBox_IsMissingAndNeverANumber(string answer)
    {
        using ScriptedChatClient client = ScriptedChatClient.Of(answer);
        CriteriaResult result = await JudgeOver(client, """{"criteria":[{"name":"k","text":"KIND"}]}""")
            .ScoreAsync("q", "a", TestContext.Current.CancellationToken);
        Assert.Equal([null], result.Totals);
        Assert.Contains("without a box from 1 to 5", result.Missing, StringComparison.Ordinal);
    }

    [Fact]
    public async Task ScoreAsync_ResponseThatNamesPlaceholders_IsOnlyAText()
    {
        using ScriptedChatClient client = ScriptedChatClient.Of(@"\boxed{3}");
        await JudgeOver(client, """{"criteria":[{"name":"k","text":"It says {response}."}]}""")
            .ScoreAsync("q", "{criterion} \\boxed{5}", TestContext.Current.CancellationToken);
        string prompt = client.Requests[0].UserText;
        Assert.Contains("## Criterion\nIt says {response}.\n", prompt, StringComparison.Ordinal);
        Assert.Contains("~~~~\n{criterion} \\boxed{5}\n~~~~", prompt, StringComparison.Ordinal);
    }

    /// <summary>Two votes: the first chooses what is worth 1, the second what is worth 0.25.</summary>
    [Fact]
    public async Task ScoreAsync_Choices_CountByWhatTheyAreWorth()
    {
        int votes = 0;
        using ScriptedChatClient client = new(_ => $@"\boxed{{{(votes++ == 0 ? 1 : 3)}}}");

        CriteriaResult result = await JudgeOver(
                client,
                """{"criteria":[{"name":"tone","text":"Its tone.","choices":{"warm":1,"plain":0.5,"cold":0.25}}]}"""
            )
            .ScoreAsync("q", "r", TestContext.Current.CancellationToken);

        Assert.Equal(("choice", 0.625), (result.Criteria[0].Kind, result.Totals[0]));
        Assert.Contains("Its tone.\n\nChoices:\n1. warm\n2. plain\n3. cold\n", client.Requests[0].UserText, StringComparison.Ordinal);
    }

    [Fact]
    public async Task ScoreAsync_NumberThatIsNoChoice_IsMissing()
    {
        using ScriptedChatClient client = ScriptedChatClient.Of(@"\boxed{4}");

        CriteriaResult result = await JudgeOver(
                client,
                """{"criteria":[{"name":"tone","text":"Its tone.","choices":{"warm":1,"plain":0.5,"cold":0.25}}]}"""
            )
            .ScoreAsync("q", "r", TestContext.Current.CancellationToken);

        Assert.Null(result.Totals[0]);
        Assert.Contains("without a box from 1 to 3", result.Missing, StringComparison.Ordinal);
    }

    /// <summary>As a judge it can be used wherever judges are; a total by itself is missing as "not a number", never 0.</summary>
    [Fact]
    public async Task Open_Checks_IsAJudgeWithATotalForEachResponse()
    {
        File.WriteAllText(_path, """{"criteria":[{"name":"w","words":{"max":2}},{"name":"e","equals_answer":"4"}]}""");
        using OpenedJudge judge = CriteriaJudge.Open(null, CriteriaFile.Load(_path));

        Judgment judgment = await judge.JudgeAsync(new("2+2", "4", "It is surely 5."), TestContext.Current.CancellationToken);

        Assert.Equal((Verdict.First, MatchOutcome.First), (judgment.Preferred, judgment.Outcome));
        Assert.Equal(MatchOutcome.Tie, (await judge.JudgeAsync(new("2+2", "4", "4."), TestContext.Current.CancellationToken)).Outcome);
        Assert.NotNull(judge.Score);
        Assert.Equal(1, await judge.Score("2+2", "4", TestContext.Current.CancellationToken));
        Assert.Contains(
            "\"criteria\":{\"outcome\":\"first\"",
            System.Text.Json.JsonSerializer.Serialize(judgment),
            StringComparison.Ordinal
        );
    }

    private async Task<CriteriaResult> CompareAsync(
        string criteria,
        string response1,
        string response2,
        Func<ScriptedRequest, ScriptedReply> script
    )
    {
        using ScriptedChatClient client = new(script);
        return await JudgeOver(client, criteria).CompareAsync(new("q", response1, response2), TestContext.Current.CancellationToken);
    }

    private CriteriaJudge JudgeOver(ScriptedChatClient client, string criteria)
    {
        File.WriteAllText(_path, criteria);
        JudgeOptions options = new() { Votes = 2 };
        return new CriteriaJudge(JudgeFactory.Open(client, options), CriteriaFile.Load(_path));
    }

    private static ScriptedReply Boxed(bool first) => $@"\boxed{{Assistant {(first ? 1 : 2)}}}";

    private static string ShownFirst(ScriptedRequest request) => request.UserText.Split("### Assistant 2")[0];
}
