namespace RewardReasoning.Evaluation.Metrics;

/// <summary>
/// Fleiss' kappa for a fixed number of raters per item: (P̄ − P̄e) / (1 − P̄e), with P̄ the mean share of agreeing pairs of raters on an
/// item and P̄e = Σ p_j² the agreement expected from how often each class is used.
/// </summary>
internal static class FleissKappa
{
    /// <summary>Kappa of a table of counts [item][class]; null where all raters only ever use one class.</summary>
    /// <exception cref="ArgumentException">No items, fewer than two raters, or not the same number of raters on every item.</exception>
    public static double? Of(IReadOnlyList<IReadOnlyList<int>> counts)
    {
        ArgumentNullException.ThrowIfNull(counts);
        int raters = counts.Count == 0 ? 0 : counts[0].Sum();
        if (raters < 2 || counts.Any(item => item.Sum() != raters || item.Count != counts[0].Count))
        {
            throw new ArgumentException(
                $"{counts.Count} items with {raters} raters on the first; kappa needs an item, two raters, and the same raters and "
                    + $"classes on every item.",
                nameof(counts)
            );
        }

        double agreement = 0;
        double[] share = new double[counts[0].Count];
        foreach (IReadOnlyList<int> item in counts)
        {
            for (int j = 0; j < share.Length; j++)
            {
                agreement += (double)item[j] * (item[j] - 1) / ((double)raters * (raters - 1));
                share[j] += (double)item[j] / ((double)raters * counts.Count);
            }
        }

        double expected = share.Sum(p => p * p);
        return share.Count(p => p > 0) == 1 ? null : ((agreement / counts.Count) - expected) / (1 - expected);
    }
}
