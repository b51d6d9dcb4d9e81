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
    [InlineData(0.5)]
    [InlineData(1.01)]
    public void Constructor_CertaintyOutOfRange_IsRefused(double certainty) =>
        Assert.Throws<ArgumentOutOfRangeException>(() => new ScreenedJudge(new FixedJudge("a", 1), new FixedJudge("b", 1), certainty));

    private sealed class FixedJudge(string name, double confidence) : IRepeatableJudge
    {
        public DrawBreak Draw { get; init; }

        public bool Prefers { get; init; } = true;

        public int Repetition { get; private set; } = -1;

        public Task<Judgment> JudgeAsync(Comparison comparison, CancellationToken cancellationToken = default) =>
            JudgeAsync(comparison, 0, cancellationToken);

        public Task<Judgment> JudgeAsync(Comparison comparison, int repetition, CancellationToken cancellationToken = default)
        {
            Repetition = repetition;
            return Task.FromResult(
                new Judgment
                {
                    Preferred = Prefers ? Verdict.First : null,
                    Confidence = confidence,
                    DrawBrokenBy = Draw,
                    Votes = [],
                    Usage = Usage.None,
                    Model = name,
                }
            );
        }
    }
}
