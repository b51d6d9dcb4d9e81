using RewardReasoning.Judging;
using Xunit;

namespace RewardReasoning.Tests.Judging;

public sealed class ScreenedJudgeTests
{
    private static readonly Comparison Pair = new("q", "a", "b");

    [Theory]
    [InlineData(0.95, "screen")]
    [InlineData(0.9, "screen")]
    [InlineData(0.89, "judge")]
    public async Task JudgeAsync_ByTheScreensConfidence_DecidesOrHandsOn(double confidence, string decided)
    {
        ScreenedJudge judge = new(new FixedJudge("screen", confidence), new FixedJudge("judge", 0.75));
        Assert.Equal(decided, (await judge.JudgeAsync(Pair, TestContext.Current.CancellationToken)).Model);
    }

    [Theory]
    [InlineData(DrawBreak.Coin, true)]
    [InlineData(DrawBreak.None, false)]
    public async Task JudgeAsync_DrawOrNoPreferenceOfTheScreen_IsHandedOn(DrawBreak draw, bool prefers)
    {
        FixedJudge screen = new("screen", 0.99) { Draw = draw, Prefers = prefers };
        Judgment judgment = await new ScreenedJudge(screen, new FixedJudge("judge", 0.75)).JudgeAsync(
            Pair,
            TestContext.Current.CancellationToken
        );
        Assert.Equal("judge", judgment.Model);
    }

    [Fact]
    public async Task JudgeAsync_Repetitions_ReachTheJudge()
    {
        FixedJudge inner = new("judge", 0.75);
        await new ScreenedJudge(new FixedJudge("screen", 0.6), inner).JudgeAsync(Pair, 3, TestContext.Current.CancellationToken);
        Assert.Equal(3, inner.Repetition);
    }

    [Theory]
    [InlineData(0.95, true, 3)]
    [InlineData(0.6, false, 10)]
    public async Task JudgeAsync_EitherStage_SaysWhichDecidedAndCountsBoth(double confidence, bool screened, int tokens)
    {
        ScreenedJudge judge = new(new FixedJudge("screen", confidence) { Tokens = 3 }, new FixedJudge("judge", 0.75) { Tokens = 7 });

        Judgment judgment = await judge.JudgeAsync(Pair, TestContext.Current.CancellationToken);

        Assert.Equal((screened, tokens), (judgment.IsScreened, judgment.Usage.OutputTokens));
        Assert.Equal(
            screened,
            System.Text.Json.JsonSerializer.Deserialize<Judgment>(System.Text.Json.JsonSerializer.Serialize(judgment))?.IsScreened
        );
    }

    /// <summary>A screen that says "the one shown first" in both orders is not sure, however sure each vote is.</summary>
    [Theory]
    [InlineData(Verdict.First, "screen")]
    [InlineData(Verdict.Second, "judge")]
    public async Task JudgeAsync_ScreenWithVotes_IsSureWhereBothOrdersAgree(Verdict swapped, string decided)
    {
        FixedJudge screen = new("screen", 0.875)
        {
            Votes =
            [
                new Vote
                {
                    Index = 0,
                    Seed = 1,
                    Verdict = Verdict.First,
                    Order = ShownOrder.Given,
                },
                new Vote
                {
                    Index = 1,
                    Seed = 2,
                    Verdict = swapped,
                    Order = ShownOrder.Swapped,
                },
            ],
        };
        ScreenedJudge judge = new(screen, new FixedJudge("judge", 0.75), 1);
        Assert.Equal(decided, (await judge.JudgeAsync(Pair, TestContext.Current.CancellationToken)).Model);
    }

    [Fact]
    public async Task JudgeAsync_ScreenThatFails_LeavesThePairToTheJudge()
    {
        FixedJudge screen = new("screen", 0.99) { Failure = new HttpRequestException("gone") };
        ScreenedJudge judge = new(screen, new FixedJudge("judge", 0.75));
        Assert.Equal("judge", (await judge.JudgeAsync(Pair, TestContext.Current.CancellationToken)).Model);
    }

    [Theory]
    [InlineData(0.5)]
    [InlineData(1.01)]
    public void Constructor_CertaintyOutOfRange_IsRefused(double certainty) =>
        Assert.Throws<ArgumentOutOfRangeException>(() => new ScreenedJudge(new FixedJudge("a", 1), new FixedJudge("b", 1), certainty));

    private sealed class FixedJudge(string name, double confidence) : IRepeatableJudge
    {
        public DrawBreak Draw { get; init; }

        public bool Prefers { get; init; } = true;

        public int Repetition { get; private set; } = -1;

        public long Tokens { get; init; }

        public Exception? Failure { get; init; }

        public IReadOnlyList<Vote> Votes { get; init; } = [];

        public Task<Judgment> JudgeAsync(Comparison comparison, CancellationToken cancellationToken = default) =>
            JudgeAsync(comparison, 0, cancellationToken);

        public Task<Judgment> JudgeAsync(Comparison comparison, int repetition, CancellationToken cancellationToken = default)
        {
            Repetition = repetition;
            if (Failure is not null)
            {
                return Task.FromException<Judgment>(Failure);
            }

            return Task.FromResult(
                new Judgment
                {
                    Preferred = Prefers ? Verdict.First : null,
                    Confidence = confidence,
                    DrawBrokenBy = Draw,
                    Votes = Votes,
                    Usage = new Usage { OutputTokens = Tokens },
                    Model = name,
                }
            );
        }
    }
}
