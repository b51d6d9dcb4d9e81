namespace RewardReasoning.Evaluation.Metrics;

/// <summary>
/// Wilson's score interval of a proportion: with p = k/n and z the normal quantile,
/// (p + z²/2n ± z √(p(1−p)/n + z²/4n²)) / (1 + z²/n). Unlike p ± z·se it stays inside [0, 1] and is honest near its ends.
/// </summary>
/// <param name="Low">Lower bound.</param>
/// <param name="High">Upper bound.</param>
internal readonly record struct WilsonInterval(double Low, double High)
{
    private const double Z95 = 1.959963984540054;

    /// <summary>The 95% interval for <paramref name="successes"/> of <paramref name="trials"/>; [0, 1] where nothing was tried.</summary>
    public static WilsonInterval At95(long successes, long trials)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(successes);
        ArgumentOutOfRangeException.ThrowIfLessThan(trials, successes);
        if (trials == 0)
        {
            return new WilsonInterval(0, 1);
        }

        double p = (double)successes / trials;
        double z2n = Z95 * Z95 / trials;
        double half = Z95 * Math.Sqrt((p * (1 - p) / trials) + (z2n / trials / 4));
        return new WilsonInterval(Math.Max(0, (p + (z2n / 2) - half) / (1 + z2n)), Math.Min(1, (p + (z2n / 2) + half) / (1 + z2n)));
    }
}
