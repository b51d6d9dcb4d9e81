using CsCheck;
using RewardReasoning.Evaluation.Metrics;
using Xunit;

namespace RewardReasoning.Evaluation.Tests.Metrics;

public sealed class PairedPermutationTests
{
    [Fact]
    public void P_ItemsThatAreRightOrWrong_IsMcNemarsExactTest() =>
        Gen.Select(Gen.Int[0, 8], Gen.Int[0, 8], Gen.Int[0, 30])
            .Sample(
                (gained, lost, same) =>
                    Math.Abs(PairedPermutation.P(Differences(gained, lost, same)) - McNemar.ExactP(gained, lost)) < 1e-12
            );

    [Fact]
    public void P_ManyDifferences_IsDrawnAndNearTheExactTest()
    {
        double drawn = PairedPermutation.P(Differences(22, 10, 100));
        Assert.Equal(McNemar.ExactP(22, 10), drawn, 0.01);
        Assert.Equal(drawn, PairedPermutation.P(Differences(22, 10, 100)));
        Assert.True(PairedPermutation.P(Differences(200, 0, 0)) > 0);
    }

    [Fact]
    public void P_RowsOfSeveralItems_CountOnce()
    {
        // Five rows of four items each, all lost: 2 of 2^5 choices of signs are as far from 0, not 2 of 2^20.
        Assert.Equal(2.0 / 32, PairedPermutation.P([-4, -4, -4, -4, -4]), 1e-12);
        Assert.Equal(1, PairedPermutation.P([0, 0, 0]));
        Assert.Equal(1, PairedPermutation.P([0.5, -0.5]));
    }

    private static double[] Differences(int gained, int lost, int same) =>
        [.. Enumerable.Repeat(1.0, gained), .. Enumerable.Repeat(-1.0, lost), .. Enumerable.Repeat(0.0, same)];
}
