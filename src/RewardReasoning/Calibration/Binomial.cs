namespace RewardReasoning.Calibration;

/// <summary>The binomial distribution.</summary>
internal static class Binomial
{
    /// <summary>Probability of at most this number of successes in so many tries, each with a probability above 0 and below 1.</summary>
    public static double AtMost(int successes, int tries, double probability)
    {
        double logOdds = Math.Log(probability) - Math.Log(1 - probability);
        double logTerm = tries * Math.Log(1 - probability);
        double sum = 0;
        for (int count = 0; count <= successes; count++)
        {
            sum += Math.Exp(logTerm);
            logTerm += Math.Log(tries - count) - Math.Log(count + 1) + logOdds;
        }

        return sum;
    }
}
