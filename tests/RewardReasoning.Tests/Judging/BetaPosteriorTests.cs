using CsCheck;
using RewardReasoning.Judging;
using Xunit;

namespace RewardReasoning.Tests.Judging;

public sealed class BetaPosteriorTests
{
    // By hand: P(p > 1/2) under Beta(a + 1, b + 1) is P(Binomial(a + b + 1, 1/2) <= a).
    [Theory]
    [InlineData(0, 0, 0.5)]
    [InlineData(1, 0, 0.75)] // of the 4 outcomes of two coins, 3 have at most one head
    [InlineData(2, 0, 0.875)]
    [InlineData(4, 0, 0.96875)] // the first lead that passes 0.95
    [InlineData(3, 0, 0.9375)]
    [InlineData(2, 1, 0.6875)] // (1 + 4 + 6) / 16
    [InlineData(1, 2, 0.3125)]
    [InlineData(5, 4, 0.623046875)] // 638 / 1024
    [InlineData(7, 7, 0.5)]
    public void LeaderProbability_HandValues(int votesFor, int votesAgainst, double expected) =>
        Assert.Equal(expected, BetaPosterior.LeaderProbability(votesFor, votesAgainst), 1e-12);

    [Theory]
    [InlineData(0.3, 1, 1, 0.3)]
    [InlineData(0.3, 2, 1, 0.09)]
    [InlineData(0.3, 1, 2, 0.51)] // 1 - 0.7^2
    [InlineData(0.25, 2, 3, 0.26171875)] // P(Binomial(4, 1/4) >= 2) = 67 / 256
    [InlineData(0, 4, 5, 0)]
    [InlineData(1, 4, 5, 1)]
    public void RegularizedIncompleteBeta_HandValues(double x, int a, int b, double expected) =>
        Assert.Equal(expected, BetaPosterior.RegularizedIncompleteBeta(x, a, b), 1e-12);

    [Fact]
    public void RegularizedIncompleteBeta_Reflected_AddsUpToOne() =>
        Gen.Select(Gen.Double[0.01, 0.99], Gen.Int[1, 200], Gen.Int[1, 200])
            .Sample(
                (x, a, b) =>
                    Math.Abs(BetaPosterior.RegularizedIncompleteBeta(x, a, b) + BetaPosterior.RegularizedIncompleteBeta(1 - x, b, a) - 1)
                    < 1e-9
            );

    [Fact]
    public void LeaderProbability_ThousandsOfVotes_StaysFinite()
    {
        double probability = BetaPosterior.LeaderProbability(5050, 4950);
        Assert.Equal(0.8413, probability, 1e-3); // a lead of one standard deviation
    }
}
