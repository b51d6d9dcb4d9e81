namespace RewardReasoning.Evaluation.Metrics;

/// <summary>
/// McNemar's exact test of two judges on the same items. Of the b + c items that just one of them got right, either is as likely to be
/// that one if they are equally good, so p = min(1, 2 · P(Binomial(b + c, ½) ≤ min(b, c))).
/// </summary>
internal static class McNemar
{
    /// <summary>The two-sided p-value; 1 where the judges never differ.</summary>
    public static double ExactP(int onlyFirstRight, int onlySecondRight)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(onlyFirstRight);
        ArgumentOutOfRangeException.ThrowIfNegative(onlySecondRight);
        int n = onlyFirstRight + onlySecondRight;
        int k = Math.Min(onlyFirstRight, onlySecondRight);

        // Binomial coefficients relative to the middle one: no term overflows, and those that underflow do not count.
        int middle = n / 2;
        double lower = 0;
        double all = 0;
        double term = 1;
        for (int i = middle; i >= 0; i--)
        {
            all += term;
            lower += i <= k ? term : 0;
            term *= (double)i / (n - i + 1);
        }

        term = (double)(n - middle) / (middle + 1);
        for (int i = middle + 1; i <= n; i++)
        {
            all += term;
            term *= (double)(n - i) / (i + 1);
        }

        return Math.Min(1, 2 * lower / all);
    }
}
