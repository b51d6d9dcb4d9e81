using RewardReasoning.Calibration;
using RewardReasoning.Judging;
using RewardReasoning.Rankings;
using RewardReasoning.Ratings;
using RewardReasoning.Testing;
using Xunit;

namespace RewardReasoning.Tests.Calibration;

public sealed class AbstentionTests
{
    private static readonly AbstentionTarget FivePercent = new(0.05);
    private static readonly AbstentionTarget FivePercentOnAverage = new(0.05) { Confidence = null };

    [Theory]
    [InlineData(18, null)]
    [InlineData(19, 1.0)] // (0 + 1) / (19 + 1) = 0.05
    public void LevelFor_OnAverageAndAllRight_NeedsNineteenPairsForFivePercent(int pairs, double? coverage) =>
        Assert.Equal(coverage, FitOf(Enumerable.Repeat((0.2, true), pairs)).At(FivePercentOnAverage)?.Coverage);

    [Theory]
    [InlineData(66, null)]
    [InlineData(67, 1.0)] // 0.95^67 = 0.0322, below a third of 10 %; 0.95^66 = 0.0339
    public void LevelFor_InNineOfTenFitsAndAllRight_NeedsSixtySevenPairsForFivePercent(int pairs, double? coverage) =>
        Assert.Equal(coverage, FitOf(Enumerable.Repeat((0.2, true), pairs)).At(FivePercent)?.Coverage);

    [Fact]
    public void LevelFor_UnsureJudgmentsAreWrong_StopsBeforeThem()
    {
        AbstentionFit fit = FitOf([
            .. Enumerable.Repeat((0.1, true), 60),
            .. Enumerable.Repeat((0.3, true), 38),
            .. Enumerable.Repeat((0.3, false), 2),
            .. Enumerable.Repeat((0.9, false), 50),
        ]);
        Assert.Equal(0.3, fit.LevelFor(FivePercentOnAverage)?.Uncertainty); // (2 + 1) / (100 + 1)
        Assert.Equal((100.0 / 150, 2.0 / 100), fit.At(FivePercentOnAverage));

        // 0.95^60 = 0.046 is above a third of 10 %, and two wrong of 100 have the probability 0.118 at a risk of 5 %.
        Assert.Null(fit.At(FivePercent));
        Assert.Equal(0.3, fit.LevelFor(new AbstentionTarget(0.1))?.Uncertainty); // 0.9^60 = 0.0018; two wrong of 100: 0.0019
    }

    [Fact]
    public void LevelFor_TargetWithAConfidence_IsKeptByNineOfTenFits()
    {
        // A judge that is wrong with a probability of a quarter of its uncertainty, which is uniform: up to t the risk is t/8.
        const int Fits = 200;
        int above = 0,
            given = 0;
        for (int fit = 0; fit < Fits; fit++)
        {
            SeededRandom random = new((ulong)fit);
            double? threshold = FitOf(
                    Enumerable.Range(0, 2000).Select(_ => random.NextUnit()).Select(unsure => (unsure, !random.Chance(unsure / 4)))
                )
                .LevelFor(FivePercent)
                ?.Uncertainty;
            above += threshold / 8 > FivePercent.Risk ? 1 : 0;
            given += threshold is null ? 0 : 1;
        }

        Assert.InRange(above, 0, Fits / 10);
        Assert.InRange(given, Fits * 3 / 4, Fits);
    }

    [Fact]
    public void WhyNone_TooFewLabels_SaysHowManyItTakes()
    {
        string few = FitOf(Enumerable.Repeat((0.2, true), 30)).WhyNone(FivePercent);
        Assert.Contains("It has 30 labelled queries, and a risk of 5% cannot be shown with fewer than 67", few, StringComparison.Ordinal);
        string wrong = FitOf(Enumerable.Repeat((0.2, false), 300)).WhyNone(FivePercent);
        Assert.Contains("No threshold of uncertainty keeps the risk at 5% on its 300 labelled queries", wrong, StringComparison.Ordinal);
    }

    [Fact]
    public void Of_ManyLevels_AreJoinedWithoutLosingAPair()
    {
        AbstentionFit fit = AbstentionFit.Of(Enumerable.Range(0, 1234).Select(i => (i / 1234.0, i % 7 != 0)), mostLevels: 100);
        Assert.InRange(fit.Levels.Count, 90, 100);
        Assert.Equal((1234, 177), (fit.Pairs, fit.Levels[^1].Wrong));
    }

    [Theory]
    [InlineData("0.05", 0.05, 0.9)]
    [InlineData("0.01,0.99", 0.01, 0.99)]
    [InlineData("0.1,average", 0.1, null)]
    public void Parse_Target_IsWhatToStringWrites(string text, double risk, double? confidence)
    {
        AbstentionTarget target = AbstentionTarget.Parse(text);
        Assert.Equal((risk, confidence, text), (target.Risk, target.Confidence, target.ToString()));
    }

    [Theory]
    [InlineData("")]
    [InlineData("5%")]
    [InlineData("0")]
    [InlineData("1")]
    [InlineData("0.05,1")]
    [InlineData("0.05,0.9,0.9")]
    public void Parse_AnythingElse_SaysWhatItMayBe(string text) =>
        Assert.Contains(
            "such as 0.05",
            Assert.Throws<FormatException>(() => AbstentionTarget.Parse(text)).Message,
            StringComparison.Ordinal
        );

    [Fact]
    public void Uncertainty_VotesForTheFirstShown_IsOneBit() =>
        // In either order the judge chose what it was shown first: a bias, and no preference.
        Assert.Equal(1, JudgmentOf((Verdict.First, ShownOrder.Given, null), (Verdict.Second, ShownOrder.Swapped, null)).Uncertainty);

    [Fact]
    public void Uncertainty_OrdersOfUnequalVotes_CountTheSame()
    {
        // 2 of 2 votes in one order and 1 of 2 in the other: 3/4, whose entropy is 2 - 3/4 log2(3).
        Judgment judgment = JudgmentOf(
            (Verdict.First, ShownOrder.Given, null),
            (Verdict.First, ShownOrder.Given, null),
            (Verdict.First, ShownOrder.Swapped, null),
            (Verdict.Second, ShownOrder.Swapped, null),
            (Verdict.Unparsable, ShownOrder.Swapped, null)
        );
        Assert.Equal(2 - (0.75 * Math.Log2(3)), judgment.Uncertainty ?? 0, 1e-12);
    }

    [Fact]
    public void Uncertainty_LogProbsOfAllVotes_GoBeforeTheirVerdicts()
    {
        Judgment soft = JudgmentOf((Verdict.First, ShownOrder.Given, 0.9), (Verdict.First, ShownOrder.Swapped, 0.6));
        Judgment mixed = JudgmentOf((Verdict.First, ShownOrder.Given, 0.9), (Verdict.First, ShownOrder.Swapped, null));
        Assert.Equal(2 - (0.75 * Math.Log2(3)), soft.Uncertainty ?? 0, 1e-12);
        Assert.Equal(0, mixed.Uncertainty);
    }

    [Fact]
    public void Uncertainty_JudgeWithoutVotes_IsThatOfItsConfidence()
    {
        Judgment scored = Judgment.OfScores(new("q", "a", "b"), Math.Log(3), 0, Usage.None, "m");
        Assert.Equal(2 - (0.75 * Math.Log2(3)), scored.Uncertainty ?? 0, 1e-12);
    }

    [Fact]
    public async Task JudgeAsync_TooUnsure_Abstains()
    {
        // The judge says "Assistant 1" whatever it is shown, so in both orders it is of two minds.
        using ScriptedChatClient client = ScriptedChatClient.Of(@"\boxed{Assistant 1}");
        ReasoningJudge judge = new(client, AbstainingAt(0.4));
        Judgment judgment = await judge.JudgeAsync(new("q", "a", "b"), TestContext.Current.CancellationToken);

        Assert.Equal((MatchOutcome.Abstained, null, 1.0), (judgment.Outcome, judgment.Preferred, judgment.Uncertainty));
        Assert.NotNull(judgment.Withheld);
        Assert.Contains("uncertainty is 1.000 bits, and at most 0.400", judgment.MissingReason, StringComparison.Ordinal);
    }

    [Fact]
    public async Task JudgeAsync_SureEnough_JudgesAsWithoutAbstention()
    {
        using ScriptedChatClient client = new(request =>
            request.UserText.IndexOf("good", StringComparison.Ordinal) < request.UserText.IndexOf("bad", StringComparison.Ordinal)
                ? @"\boxed{Assistant 1}"
                : @"\boxed{Assistant 2}"
        );
        Judgment judgment = await new ReasoningJudge(client, AbstainingAt(0.4)).JudgeAsync(
            new("q", "bad", "good"),
            TestContext.Current.CancellationToken
        );
        Assert.Equal((MatchOutcome.Second, Verdict.Second, 0.0), (judgment.Outcome, judgment.Preferred, judgment.Uncertainty));
        Assert.Null(judgment.Withheld);
    }

    [Fact]
    public async Task JudgeAsync_EveryVoteMissing_IsMissingAndNotAbstained()
    {
        using ScriptedChatClient client = ScriptedChatClient.Of("Hm.");
        Judgment judgment = await new ReasoningJudge(client, AbstainingAt(0.4)).JudgeAsync(
            new("q", "a", "b"),
            TestContext.Current.CancellationToken
        );
        Assert.Equal((MatchOutcome.Missing, null, null), (judgment.Outcome, judgment.Withheld, judgment.Uncertainty));
    }

    [Fact]
    public async Task RankAsync_JudgeAbstains_HasNoRewards()
    {
        using ScriptedChatClient client = ScriptedChatClient.Of(@"\boxed{Assistant 1}");
        Ranking ranking = await new Ranker(new ReasoningJudge(client, AbstainingAt(0.4))).RankAsync(
            "q",
            ["a", "b", "c"],
            cancellationToken: TestContext.Current.CancellationToken
        );
        Assert.Equal((null, 0, 3), (ranking.Best, ranking.MissingMatches, ranking.AbstainedMatches));
        Assert.All(ranking.Rewards, Assert.Null);
        Assert.Contains("abstained", ranking.MissingReason, StringComparison.Ordinal);
    }

    [Fact]
    public void Open_NoFitForTheJudge_IsRefused()
    {
        using ScriptedChatClient client = ScriptedChatClient.Of(@"\boxed{Assistant 1}");
        string none = Assert.Throws<CalibrationException>(() => new ReasoningJudge(client, new() { Abstain = FivePercent })).Message;
        Assert.StartsWith(
            "The judge cannot abstain: calibration.json does not hold here: it holds no fit.",
            none,
            StringComparison.Ordinal
        );
        string old = Assert
            .Throws<CalibrationException>(() =>
                new ReasoningJudge(client, new() { Abstain = FivePercent, Calibration = FileOf(new JudgeOptions(), null) })
            )
            .Message;
        Assert.Contains("is of an earlier version", old, StringComparison.Ordinal);
    }

    [Fact]
    public void Save_ThenLoad_GivesTheSameThresholds()
    {
        string path = Path.GetTempFileName();
        try
        {
            FileOf(new(), FitOf(Enumerable.Range(0, 500).Select(i => (i / 500.0, i < 400 || i % 3 == 0)))).Save(path);
            AbstentionFit? read = CalibrationFile.Load(path).Fits[0].Abstention;
            Assert.Equal(500, read?.Pairs);
            Assert.Equal((400, 0), (read?.Levels[399].Given, read?.Levels[399].Wrong));
        }
        finally
        {
            File.Delete(path);
        }
    }

    private static JudgeOptions AbstainingAt(double uncertainty)
    {
        JudgeOptions options = new() { Order = VoteOrder.Both, FurtherVotesOnDraw = 0 };
        AbstentionFit fit = FitOf([.. Enumerable.Repeat((uncertainty, true), 100), .. Enumerable.Repeat((1.0, false), 100)]);
        return options with { Abstain = FivePercent, Calibration = FileOf(options, fit) };
    }

    private static CalibrationFile FileOf(JudgeOptions options, AbstentionFit? fit) =>
        new CalibrationFile().With(
            new()
            {
                Map = new ConfidenceMap.Temperature(1),
                Model = "scripted-judge",
                Voting = options.Voting,
                Rows = 200,
                Accuracy = 0.5,
                Before = default,
                After = default,
                Abstention = fit,
            }
        );

    private static AbstentionFit FitOf(IEnumerable<(double, bool)> judged) => AbstentionFit.Of(judged);

    private static Judgment JudgmentOf(params (Verdict Verdict, ShownOrder Order, double? First)[] votes) =>
        new()
        {
            Preferred = Verdict.First,
            Votes =
            [
                .. votes.Select(
                    (vote, index) =>
                        new Vote
                        {
                            Index = index,
                            Verdict = vote.Verdict,
                            Order = vote.Order,
                            Seed = index,
                            FirstProbability = vote.First,
                        }
                ),
            ],
            Usage = Usage.None,
            Model = "m",
        };
}
