namespace RewardReasoning.Ratings;

/// <summary>σ(x) = 1 / (1 + e^−x) and its logarithm, without overflow.</summary>
internal static class Logistic
{
    public static double Of(double x) =>
        x >= 0 ? 1 / (1 + Math.Exp(-x))
        : Math.Exp(x) is var e ? e / (1 + e)
        : 0;

    /// <summary>ln σ(x).</summary>
    public static double Log(double x) => x >= 0 ? -LogOnePlus(Math.Exp(-x)) : x - LogOnePlus(Math.Exp(x));

    /// <summary>ln(1 + x) for x in [0, 1], exact where 1 + x rounds.</summary>
    private static double LogOnePlus(double x)
    {
        double sum = 1 + x;
        return sum == 1 ? x : Math.Log(sum) * x / (sum - 1);
    }
}
