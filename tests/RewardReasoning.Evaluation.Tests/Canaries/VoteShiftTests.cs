using CsCheck;
using RewardReasoning.Evaluation.Canaries;
using Xunit;

namespace RewardReasoning.Evaluation.Tests.Canaries;

public sealed class VoteShiftTests
{
    /// <summary>
    /// Two votes before and one now, one of the three of the kind: it is the later one with probability 1/3. Twice the odds: the mean of
    /// 2^X is 4/3, so the wealth is 3/2 where it is, 3/4 where it is not.
    /// </summary>
    [Theory]
    [InlineData(1, 1.5)]
    [InlineData(0, 0.75)]
    public void LogWealth_OneVoteOfThree_IsAsByHand(int ofKindNow, double wealth) =>
        Assert.Equal(wealth, Math.Exp(VoteShift.LogWealth(before: 2, now: 1, ofKind: 1, ofKindNow, factor: 2)), 1e-12);

    /// <summary>Votes that are all of the kind, or none of them, say nothing.</summary>
    [Fact]
    public void LogWealth_UnanimousVotes_IsNothing()
    {
        Assert.Equal(0, VoteShift.LogWealth(8, 4, 12, 4, 3), 1e-12);
        Assert.Equal(0, VoteShift.LogWealth(8, 4, 0, 0, 3), 1e-12);
    }

    /// <summary>Over all ways of parting the votes, counted one by one, the mean wealth is 1: it is a fair bet.</summary>
    [Fact]
    public void LogWealth_AllWaysOfPartingTheVotes_HasTheMeanOne() =>
        Gen.Select(Gen.Int[1, 7], Gen.Int[1, 6], Gen.Int[0, 13], Gen.Double[0.2, 5])
            .Sample(
                (before, now, ofKind, factor) =>
                {
                    int all = before + now;
                    ofKind = Math.Min(ofKind, all);
                    double sum = 0;
                    int ways = 0;
                    for (int later = 0; later < 1 << all; later++)
                    {
                        if (int.PopCount(later) == now)
                        {
                            ways++;
                            sum += Math.Exp(VoteShift.LogWealth(before, now, ofKind, int.PopCount(later & ((1 << ofKind) - 1)), factor));
                        }
                    }

                    Assert.Equal(1, sum / ways, 1e-9);
                },
                iter: 100
            );
}
