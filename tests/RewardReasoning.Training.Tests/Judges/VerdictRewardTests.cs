using RewardReasoning.Training.Judges;
using Xunit;

namespace RewardReasoning.Training.Tests.Judges;

public sealed class VerdictRewardTests
{
    [Theory]
    [InlineData(Verdict.First, Verdict.First, 1)]
    [InlineData(Verdict.Second, Verdict.Second, 1)]
    [InlineData(Verdict.First, Verdict.Second, -1)]
    [InlineData(Verdict.Second, Verdict.First, -1)]
    [InlineData(Verdict.Unparsable, Verdict.First, -1)]
    [InlineData(Verdict.Unparsable, Verdict.Second, -1)]
    public void Of_EveryVerdict_IsPlusOneOnlyForTheRightOne(Verdict verdict, Verdict right, double reward) =>
        Assert.Equal(reward, VerdictReward.Of(verdict, right));

    [Fact]
    public void Of_UnlabelledComparison_IsRefused() =>
        Assert.Throws<ArgumentException>(() => VerdictReward.Of(Verdict.Unparsable, Verdict.Unparsable));
}
