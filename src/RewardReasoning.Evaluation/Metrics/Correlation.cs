namespace RewardReasoning.Evaluation.Metrics;

/// <summary>How two lists of numbers go together. Null where a list has no variance, or fewer than two numbers.</summary>
internal static class Correlation
{
    /// <summary>Pearson's r.</summary>
    public static double? Pearson(IReadOnlyList<double> x, IReadOnlyList<double> y)
    {
        Check(x, y);
        if (x.Count < 2 || x.All(v => v == x[0]) || y.All(v => v == y[0]))
        {
            return null;
        }

        double meanX = x.Average();
        double meanY = y.Average();
        double xx = 0;
        double yy = 0;
        double xy = 0;
        for (int i = 0; i < x.Count; i++)
        {
            double dx = x[i] - meanX;
            double dy = y[i] - meanY;
            xx += dx * dx;
            yy += dy * dy;
            xy += dx * dy;
        }

        return Math.Clamp(xy / Math.Sqrt(xx) / Math.Sqrt(yy), -1, 1);
    }

    /// <summary>Spearman's ρ: Pearson's r of the ranks, equal values sharing their mean rank.</summary>
    public static double? Spearman(IReadOnlyList<double> x, IReadOnlyList<double> y)
    {
        Check(x, y);
        return Pearson(MeanRanks(x), MeanRanks(y));
    }

    /// <summary>
    /// Kendall's τ-b: (C − D) / √((n₀ − n₁)(n₀ − n₂)), C and D the concordant and discordant pairs, n₀ all pairs, n₁ and n₂ those tied in
    /// x and in y. Discordant pairs are counted by merge sort (Knight 1966), in O(n log n).
    /// </summary>
    public static double? KendallTauB(IReadOnlyList<double> x, IReadOnlyList<double> y)
    {
        Check(x, y);
        int[] order = [.. Enumerable.Range(0, x.Count).OrderBy(i => x[i]).ThenBy(i => y[i])];
        long all = Pairs(x.Count);
        long tiedX = TiedPairs(order.Length, i => x[order[i]].Equals(x[order[i - 1]]));
        long tiedBoth = TiedPairs(order.Length, i => x[order[i]].Equals(x[order[i - 1]]) && y[order[i]].Equals(y[order[i - 1]]));
        double[] values = [.. order.Select(i => y[i])];
        long discordant = CountInversions(values, new double[values.Length]);
        long tiedY = TiedPairs(values.Length, i => values[i].Equals(values[i - 1]));
        double scale = Math.Sqrt((double)(all - tiedX) * (all - tiedY));
        return scale == 0 ? null : Math.Clamp((all - tiedX - tiedY + tiedBoth - (2 * discordant)) / scale, -1, 1);
    }

    private static double[] MeanRanks(IReadOnlyList<double> values)
    {
        int[] order = [.. Enumerable.Range(0, values.Count).OrderBy(i => values[i])];
        double[] ranks = new double[order.Length];
        for (int start = 0; start < order.Length; )
        {
            int end = start + 1;
            while (end < order.Length && values[order[end]].Equals(values[order[start]]))
            {
                end++;
            }

            for (int i = start; i < end; i++)
            {
                ranks[order[i]] = (start + end + 1) / 2.0;
            }

            start = end;
        }

        return ranks;
    }

    private static long TiedPairs(int count, Func<int, bool> sameAsBefore)
    {
        long pairs = 0;
        long run = 1;
        for (int i = 1; i <= count; i++)
        {
            if (i < count && sameAsBefore(i))
            {
                run++;
            }
            else
            {
                pairs += Pairs(run);
                run = 1;
            }
        }

        return pairs;
    }

    private static long Pairs(long n) => n * (n - 1) / 2;

    /// <summary>Sorts <paramref name="values"/> and counts the pairs that stood the wrong way round.</summary>
    private static long CountInversions(Span<double> values, Span<double> buffer)
    {
        if (values.Length < 2)
        {
            return 0;
        }

        int half = values.Length / 2;
        long inversions = CountInversions(values[..half], buffer[..half]) + CountInversions(values[half..], buffer[half..]);
        int left = 0;
        int right = half;
        for (int i = 0; i < values.Length; i++)
        {
            bool takeRight = left == half || (right < values.Length && values[right] < values[left]);
            inversions += takeRight ? half - left : 0;
            buffer[i] = takeRight ? values[right++] : values[left++];
        }

        buffer.CopyTo(values);
        return inversions;
    }

    private static void Check(IReadOnlyList<double> x, IReadOnlyList<double> y)
    {
        ArgumentNullException.ThrowIfNull(x);
        ArgumentNullException.ThrowIfNull(y);
        if (x.Count != y.Count)
        {
            throw new ArgumentException($"{x.Count} and {y.Count} numbers; a correlation needs as many of one as of the other.", nameof(y));
        }
    }
}
