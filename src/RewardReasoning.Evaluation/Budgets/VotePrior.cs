namespace RewardReasoning.Evaluation.Budgets;

/// <summary>
/// How sure a judge is over many pairs: the distribution of the probability with which a vote goes to the response that it prefers, on
/// points between 1/2 and 1, by maximum likelihood (expectation and maximisation) with a prior of some pairs' worth. Which response is the
/// preferred one is not known: of a votes for one and b for the other, the likelihood is p^a (1 - p)^b + p^b (1 - p)^a.
/// </summary>
internal static class VotePrior
{
    private const int Size = 16;
    private const int Rounds = 40;

    /// <summary>The points, in the middle of equal parts of 1/2 to 1.</summary>
    public static IReadOnlyList<double> Points { get; } = [.. Enumerable.Range(0, Size).Select(i => 0.5 + ((i + 0.5) * 0.5 / Size))];

    /// <summary>Every probability is as likely as any other.</summary>
    public static IReadOnlyList<double> Uniform { get; } = [.. Enumerable.Repeat(1.0 / Size, Size)];

    /// <summary>The weights of the points.</summary>
    /// <param name="pairs">How many pairs have so many votes for the leader and for the other.</param>
    /// <param name="prior">Weights before any vote.</param>
    /// <param name="strength">How many pairs these are worth.</param>
    public static double[] Fit(IReadOnlyList<(int Leader, int Other, int Pairs)> pairs, IReadOnlyList<double> prior, double strength)
    {
        double[][] likelihoods = [.. pairs.Select(state => Points.Select(p => Likelihood(p, state.Leader, state.Other)).ToArray())];
        double[] weights = [.. prior];
        for (int round = 0; round < Rounds; round++)
        {
            double[] mass = [.. prior.Select(weight => weight * strength)];
            for (int state = 0; state < pairs.Count; state++)
            {
                double whole = 0;
                for (int i = 0; i < Size; i++)
                {
                    whole += weights[i] * likelihoods[state][i];
                }

                for (int i = 0; i < Size; i++)
                {
                    mass[i] += pairs[state].Pairs * weights[i] * likelihoods[state][i] / whole;
                }
            }

            double total = mass.Sum();
            weights = [.. mass.Select(one => one / total)];
        }

        return weights;
    }

    /// <summary>The probability that the next vote goes to the leader, after so many for it and for the other.</summary>
    public static double NextForLeader(IReadOnlyList<double> weights, int leader, int other)
    {
        double forLeader = 0,
            whole = 0;
        for (int i = 0; i < Size; i++)
        {
            double p = Points[i],
                ahead = weights[i] * Power(p, leader, other),
                behind = weights[i] * Power(1 - p, leader, other);
            whole += ahead + behind;
            forLeader += (ahead * p) + (behind * (1 - p));
        }

        return forLeader / whole;
    }

    private static double Likelihood(double p, int leader, int other) => (Power(p, leader, other) + Power(1 - p, leader, other)) / 2;

    private static double Power(double p, int votes, int against) => Math.Pow(p, votes) * Math.Pow(1 - p, against);
}
