using RewardReasoning.Ratings;
using Xunit;

namespace RewardReasoning.Tests.Ratings;

public sealed class RewardsTests
{
    private static readonly MatchResult[] Matches =
    [
        new(0, 1, MatchOutcome.First),
        new(0, 2, MatchOutcome.Tie),
        new(1, 2, MatchOutcome.Missing),
    ];

    [Fact]
    public void WinRates_TieIsHalfAPoint_MissingIsNoMatch() => Assert.Equal([0.75, 0, 0.5, null], Rewards.WinRates(4, Matches));

    [Fact]
    public void WinProbabilities_OfThree_AreMeansOverTheOthers()
    {
        BradleyTerryFit fit = BradleyTerry.Fit(3, Matches);
        double[] rewards = Rewards.WinProbabilities(fit);
        Assert.Equal((fit.WinProbability(0, 1) + fit.WinProbability(0, 2)) / 2, rewards[0], 1e-15);
        Assert.Equal(1.5, rewards.Sum(), 1e-12);
    }

    [Fact]
    public void Standardised_ByTheDeviationOfASample_MissingStayMissing()
    {
        // Mean 2, deviation √((1 + 0 + 1) / 2) = 1.
        Assert.Equal([-1, 0, null, 1], Rewards.Standardised([1, 2, null, 3]));
    }

    [Theory]
    [InlineData(0.3, 0.3, 0.3)]
    [InlineData(0.1 + 0.2, 0.1 + 0.2, 0.1 + 0.2)]
    public void Standardised_EqualRewards_AreExactlyZero(params double[] rewards) =>
        Assert.All(Rewards.Standardised([.. rewards.Cast<double?>()]), reward => Assert.Equal(0.0, reward));

    [Fact]
    public void Standardised_NothingKnown_StaysSo() => Assert.Equal([null, null], Rewards.Standardised([null, null]));

    [Fact]
    public void Standing_CountsWinsLossesAndTies()
    {
        IReadOnlyList<Standing> standings = Standing.Of(3, Matches, BradleyTerry.Fit(3, Matches));
        Assert.Equal([(1, 0, 1), (0, 1, 0), (0, 0, 1)], standings.Select(standing => (standing.Wins, standing.Losses, standing.Ties)));
        Assert.All(standings, standing => Assert.InRange(standing.Rating, standing.Low ?? double.NaN, standing.High ?? double.NaN));
    }
}
