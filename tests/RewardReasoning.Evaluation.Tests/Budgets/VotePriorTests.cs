using RewardReasoning.Evaluation.Budgets;
using Xunit;

namespace RewardReasoning.Evaluation.Tests.Budgets;

public sealed class VotePriorTests
{
    /// <summary>One vote each says nothing of how sure the judge is: p + (1 - p) = 1 for every p.</summary>
    [Fact]
    public void Fit_OneVoteForEachPair_LeavesThePriorAsItWas()
    {
        double[] prior = [.. Enumerable.Range(1, VotePrior.Points.Count).Select(i => i / 136.0)];

        double[] weights = VotePrior.Fit([(1, 0, 500)], prior, strength: 3);

        Assert.All(prior.Zip(weights), pair => Assert.Equal(pair.First, pair.Second, 1e-12));
    }

    [Fact]
    public void Fit_PairsThatAreUnanimousOrSplit_PutsTheWeightAtBothEnds()
    {
        double[] weights = VotePrior.Fit([(5, 5, 400), (10, 0, 600)], VotePrior.Uniform, strength: 1);

        Assert.InRange(weights[..4].Sum(), 0.35, 0.45);
        Assert.InRange(weights[^4..].Sum(), 0.55, 0.65);
    }

    /// <summary>p = 49/64 alone, after 2 votes to 1: (p^3 q + q^3 p) / (p^2 q + q^2 p) = p^2 + q^2.</summary>
    [Fact]
    public void NextForLeader_OneProbability_IsAsByHand()
    {
        double[] weights = new double[VotePrior.Points.Count];
        int at = VotePrior.Points.ToList().IndexOf(49.0 / 64);
        weights[at] = 1;

        Assert.Equal(((49.0 * 49) + (15.0 * 15)) / (64 * 64), VotePrior.NextForLeader(weights, 2, 1), 1e-12);
        Assert.Equal(0.5, VotePrior.NextForLeader(weights, 3, 3), 1e-12);
    }
}
