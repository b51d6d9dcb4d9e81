namespace RewardReasoning.Ratings;

/// <summary>The standard normal distribution.</summary>
internal static class NormalDistribution
{
    /// <summary>The 97.5 % quantile.</summary>
    public const double Z95 = 1.959963984540054;

    private const double Far = 7.07106781186547;

    // Coefficients of J. F. Hart's rational approximation (Computer Approximations, 1968, no. 5666), lowest power first.
    private static readonly double[] Numerator =
    [
        220.206867912376,
        221.213596169931,
        112.079291497871,
        33.912866078383,
        6.37396220353165,
        0.700383064443688,
        3.52624965998911e-02,
    ];

    private static readonly double[] Denominator =
    [
        440.413735824752,
        793.826512519948,
        637.333633378831,
        296.564248779674,
        86.7807322029461,
        16.064177579207,
        1.75566716318264,
        8.83883476483184e-02,
    ];

    /// <summary>The density at z.</summary>
    public static double Density(double z) => Math.Exp(-z * z / 2) / Math.Sqrt(2 * Math.PI);

    /// <summary>
    /// The probability below z, to about 14 digits near the middle; beyond seven deviations by the continued fraction of the tail.
    /// </summary>
    public static double Below(double z)
    {
        double away = Math.Abs(z);
        double tail =
            away < Far
                ? Math.Exp(-away * away / 2) * Polynomial(Numerator, away) / Polynomial(Denominator, away)
                : Density(away) / (away + (1 / (away + (2 / (away + (3 / (away + (4 / (away + 0.65)))))))));
        return z > 0 ? 1 - tail : tail;
    }

    private static double Polynomial(double[] coefficients, double x)
    {
        double sum = 0;
        for (int power = coefficients.Length - 1; power >= 0; power--)
        {
            sum = (sum * x) + coefficients[power];
        }

        return sum;
    }
}
