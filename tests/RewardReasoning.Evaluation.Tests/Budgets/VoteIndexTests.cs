using CsCheck;
using RewardReasoning.Evaluation.Budgets;
using Xunit;

namespace RewardReasoning.Evaluation.Tests.Budgets;

public sealed class VoteIndexTests
{
    private static readonly Gen<double[]> Weights = Gen.Double[0.001, 1]
        .Array[VotePrior.Points.Count]
        .Select(masses => masses.Select(mass => mass / masses.Sum()).ToArray());

    /// <summary>At the index it pays to go on, and at the next higher price of the scale it does not, by plain recursion.</summary>
    [Fact]
    public void Of_AnyJudge_IsTheHighestPriceAtWhichGoingOnPays() =>
        Gen.Select(Weights, Gen.Int[1, 7], Gen.Int[0, 6], Gen.Int[0, 3])
            .Sample(
                (weights, maxVotes, leader, other) =>
                {
                    if (other > leader || leader + other > maxVotes)
                    {
                        return;
                    }

                    double index = VoteIndex.Of(weights, maxVotes)[leader, other];
                    double step = Math.Pow(2, 0.25);
                    if (index > 0)
                    {
                        Assert.True(GainOf(weights, maxVotes, leader, other, index) > 0);
                    }

                    Assert.True(GainOf(weights, maxVotes, leader, other, Math.Max(index, 1e-6) * step) <= 1e-6);
                },
                iter: 300
            );

    /// <summary>With one vote left, it cannot change a lead of two; where both are level, it can.</summary>
    [Fact]
    public void Of_AVoteThatCannotChangeTheOutcome_IsNothing()
    {
        double[,] index = VoteIndex.Of(VotePrior.Uniform, maxVotes: 5);

        Assert.Equal(0, index[3, 1]);
        Assert.Equal(0, index[4, 0]);
        Assert.Equal(0, index[3, 2]);
        Assert.True(index[2, 2] > 0);
        Assert.True(index[1, 0] > index[2, 0]);
    }

    private static double GainOf(double[] weights, int maxVotes, int leader, int other, double price)
    {
        double p = VotePrior.NextForLeader(weights, leader, other);
        return leader + other == maxVotes
            ? double.NegativeInfinity
            : (p * ValueOf(weights, maxVotes, leader + 1, other, price))
                + ((1 - p) * ValueOf(weights, maxVotes, Math.Max(leader, other + 1), Math.Min(leader, other + 1), price))
                - price
                - p;
    }

    private static double ValueOf(double[] weights, int maxVotes, int leader, int other, double price) =>
        VotePrior.NextForLeader(weights, leader, other) + Math.Max(0, GainOf(weights, maxVotes, leader, other, price));
}
