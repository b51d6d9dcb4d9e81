namespace RewardReasoning.Evaluation.Metrics;

/// <summary>
/// The paired permutation test of a mean difference: if two judges are equally good, each row's difference might as well have the other
/// sign. p is the share of all ways to choose the signs whose sum is at least as far from 0 as the observed one. For single items that are
/// right or wrong it equals McNemar's exact test; unlike that it takes rows of several items, and items that are half right.
/// </summary>
internal static class PairedPermutation
{
    /// <summary>Up to this many rows that differ all ways are counted, beyond it seeded draws of them.</summary>
    private const int MostExact = 16;
    private const int Draws = 20_000;
    private const double Rounding = 1e-9;

    /// <summary>The two-sided p-value; 1 where no row differs.</summary>
    /// <param name="differences">For each row, the sum of the differences of its items.</param>
    /// <param name="seed">Seed of the draws.</param>
    public static double P(IReadOnlyList<double> differences, ulong seed = 42)
    {
        double[] differing = [.. differences.Where(difference => Math.Abs(difference) > Rounding)];
        double observed = Math.Abs(differing.Sum()) - Rounding;
        return differing.Length == 0 ? 1
            : differing.Length <= MostExact ? Exact(differing, observed)
            : Drawn(differing, observed, seed);
    }

    private static double Exact(double[] differing, double observed)
    {
        int ways = 1 << differing.Length;
        int asFar = 0;
        for (int signs = 0; signs < ways; signs++)
        {
            double sum = 0;
            for (int i = 0; i < differing.Length; i++)
            {
                sum += (signs >> i & 1) == 0 ? differing[i] : -differing[i];
            }

            asFar += Math.Abs(sum) >= observed ? 1 : 0;
        }

        return (double)asFar / ways;
    }

    private static double Drawn(double[] differing, double observed, ulong seed)
    {
        SeededRandom random = new(seed);
        int asFar = 1; // the observed signs are one of the draws, so that p is never 0
        for (int draw = 0; draw < Draws; draw++)
        {
            double sum = 0;
            foreach (double difference in differing)
            {
                sum += random.Next(2) == 0 ? difference : -difference;
            }

            asFar += Math.Abs(sum) >= observed ? 1 : 0;
        }

        return (double)asFar / (Draws + 1);
    }
}
