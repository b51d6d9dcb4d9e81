namespace RewardReasoning.Judging;

/// <summary>
/// The Beta(1,1) posterior of a vote probability. After a votes for the leader and b against, P(p &gt; 1/2) = 1 - I_{1/2}(a + 1, b + 1);
/// for whole a and b the regularised incomplete beta function is a binomial sum, exact up to rounding.
/// </summary>
internal static class BetaPosterior
{
    /// <summary>Probability that the leader would win a vote more often than not: 0.75 after one vote for it, 0.5 when even.</summary>
    public static double LeaderProbability(int votesFor, int votesAgainst)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(votesFor);
        ArgumentOutOfRangeException.ThrowIfNegative(votesAgainst);
        return votesFor == votesAgainst ? 0.5 : 1 - RegularizedIncompleteBeta(0.5, votesFor + 1, votesAgainst + 1);
    }

    /// <summary>
    /// I_x(a, b) for whole a, b at least 1: the sum over j from a to a + b - 1 of C(a + b - 1, j) x^j (1 - x)^(a + b - 1 - j), the
    /// probability of at least a successes in a + b - 1 trials.
    /// </summary>
    public static double RegularizedIncompleteBeta(double x, int a, int b)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(a, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(b, 1);
        if (double.IsNaN(x) || x < 0 || x > 1)
        {
            throw new ArgumentOutOfRangeException(nameof(x), x, "The argument of I_x(a, b) is a probability, 0 to 1.");
        }

        if (x is 0 or 1)
        {
            return x;
        }

        int trials = a + b - 1;
        double logOdds = Math.Log(x) - Math.Log(1 - x);
        double logTerm = trials * Math.Log(1 - x); // j = 0; in logs, for thousands of votes underflow otherwise
        double sum = 0;
        for (int j = 0; j <= trials; j++)
        {
            if (j >= a)
            {
                sum += Math.Exp(logTerm);
            }

            logTerm += Math.Log(trials - j) - Math.Log(j + 1) + logOdds;
        }

        return Math.Min(sum, 1);
    }
}
