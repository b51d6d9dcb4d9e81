namespace RewardReasoning.Evaluation.Budgets;

/// <summary>
/// What a further vote on a pair is worth: the highest price of a vote at which it still pays to go on, where what is gained is the
/// probability that a vote of this judge goes to the response that is preferred in the end (an index of optimal stopping; Chen, Lin and
/// Zhou 2013 treat the same problem for crowds). By dynamic programming over the counts of votes, for falling prices.
/// </summary>
internal static class VoteIndex
{
    private const int Prices = 80;
    private const double PricesAHalving = 4;
    private const double Rounding = 1e-12;

    /// <summary>The index after so many votes for the leader and for the other; 0 where further votes gain nothing.</summary>
    /// <param name="weights">How sure the judge is (<see cref="VotePrior"/>).</param>
    /// <param name="maxVotes">The most votes of a pair.</param>
    public static double[,] Of(IReadOnlyList<double> weights, int maxVotes)
    {
        double[,] forLeader = new double[maxVotes + 1, maxVotes + 1],
            index = new double[maxVotes + 1, maxVotes + 1],
            value = new double[maxVotes + 2, maxVotes + 2];
        for (int leader = 0; leader <= maxVotes; leader++)
        {
            for (int other = 0; other <= Math.Min(leader, maxVotes - leader); other++)
            {
                forLeader[leader, other] = VotePrior.NextForLeader(weights, leader, other);
            }
        }

        for (int step = 0; step < Prices; step++)
        {
            double price = Math.Pow(2, -step / PricesAHalving);
            for (int votes = maxVotes; votes >= 0; votes--)
            {
                for (int other = votes / 2; other >= 0; other--)
                {
                    int leader = votes - other;
                    double p = forLeader[leader, other],
                        stop = p,
                        next = votes == maxVotes ? 0 : (p * value[leader + 1, other]) + ((1 - p) * After(value, leader, other)) - price;
                    value[leader, other] = Math.Max(stop, next);
                    if (next > stop + Rounding && index[leader, other] == 0)
                    {
                        index[leader, other] = price;
                    }
                }
            }
        }

        return index;
    }

    private static double After(double[,] value, int leader, int other) =>
        leader >= other + 1 ? value[leader, other + 1] : value[other + 1, leader];
}
