namespace RewardReasoning.Evaluation.Metrics;

/// <summary>A figure with its interval.</summary>
/// <param name="Value">The figure on the items themselves.</param>
/// <param name="Low">Lower bound.</param>
/// <param name="High">Upper bound.</param>
internal readonly record struct Interval(double Value, double Low, double High)
{
    /// <summary>
    /// The interval of a share of all or none: a bootstrap can only redraw errors that were made, so the bounds are Wilson's. Any other
    /// interval is unchanged.
    /// </summary>
    /// <param name="units">Independent units that were drawn.</param>
    public Interval OfShare(int units) =>
        Value == 1 && Low == 1 ? this with { Low = WilsonInterval.At95(units, units).Low }
        : Value == 0 && High == 0 ? this with { High = WilsonInterval.At95(0, units).High }
        : this;
}

/// <summary>
/// Percentile bootstrap: the items are drawn again with replacement, the figure is computed on each draw, and the interval runs from its
/// 2.5th to its 97.5th percentile. Seeded: the same items, rounds and seed give the same interval on every machine.
/// </summary>
/// <param name="rounds">Draws.</param>
/// <param name="seed">Seed of the draws.</param>
internal sealed class Bootstrap(int rounds = Bootstrap.DefaultRounds, ulong seed = 42)
{
    /// <summary>Draws by default: the bounds then move by about a twentieth of the interval from seed to seed.</summary>
    public const int DefaultRounds = 2000;

    private const double Tail = 0.025;

    /// <summary>
    /// The interval of a figure of items in groups. Each group is drawn from within itself, so that groups keep their sizes.
    /// </summary>
    /// <param name="groupSizes">Items in each group.</param>
    /// <param name="figure">
    /// Computes the figure from how often each item is drawn: [group][item], all ones for the items themselves. NaN where undefined; such
    /// draws are left out.
    /// </param>
    public Interval Of(IReadOnlyList<int> groupSizes, Func<IReadOnlyList<int[]>, double> figure)
    {
        ArgumentNullException.ThrowIfNull(figure);
        return OfAll(groupSizes, drawn => [figure(drawn)])[0];
    }

    /// <summary>The same for several figures that are computed together, on the same draws.</summary>
    /// <param name="groupSizes">Items in each group.</param>
    /// <param name="figures">Computes them, always as many.</param>
    public IReadOnlyList<Interval> OfAll(IReadOnlyList<int> groupSizes, Func<IReadOnlyList<int[]>, double[]> figures)
    {
        ArgumentNullException.ThrowIfNull(groupSizes);
        ArgumentNullException.ThrowIfNull(figures);
        int[][] drawn = [.. groupSizes.Select(size => new int[size])];
        foreach (int[] group in drawn)
        {
            Array.Fill(group, 1);
        }

        double[] values = figures(drawn);
        SeededRandom random = new(seed);
        List<double>[] found = [.. values.Select(_ => new List<double>(rounds))];
        for (int round = 0; round < rounds; round++)
        {
            foreach (int[] group in drawn)
            {
                Array.Clear(group);
                for (int i = 0; i < group.Length; i++)
                {
                    group[random.Next(group.Length)]++;
                }
            }

            foreach ((List<double> of, double at) in found.Zip(figures(drawn)))
            {
                if (!double.IsNaN(at))
                {
                    of.Add(at);
                }
            }
        }

        return
        [
            .. values.Zip(
                found,
                (value, sorted) =>
                {
                    sorted.Sort();
                    return new Interval(value, Percentile(sorted, Tail), Percentile(sorted, 1 - Tail));
                }
            ),
        ];
    }

    /// <summary>The interval of the mean of <paramref name="values"/>; NaN without values.</summary>
    public Interval OfMean(IReadOnlyList<double> values)
    {
        ArgumentNullException.ThrowIfNull(values);
        return Of(
            [values.Count],
            drawn =>
            {
                double sum = 0;
                for (int i = 0; i < values.Count; i++)
                {
                    sum += drawn[0][i] * values[i];
                }

                return sum / values.Count;
            }
        );
    }

    /// <summary>The interval of the mean difference of paired values, first minus second: each item keeps both of its values.</summary>
    public Interval OfPairedDifference(IReadOnlyList<double> first, IReadOnlyList<double> second)
    {
        ArgumentNullException.ThrowIfNull(first);
        ArgumentNullException.ThrowIfNull(second);
        return first.Count == second.Count
            ? OfMean([.. first.Zip(second, (a, b) => a - b)])
            : throw new ArgumentException($"{first.Count} and {second.Count} values; paired values come in twos.", nameof(second));
    }

    /// <summary>Linear between the two nearest of the sorted values (NumPy's default).</summary>
    private static double Percentile(List<double> sorted, double share)
    {
        if (sorted.Count == 0)
        {
            return double.NaN;
        }

        double at = share * (sorted.Count - 1);
        int below = (int)at;
        int above = Math.Min(below + 1, sorted.Count - 1);
        return sorted[below] + ((at - below) * (sorted[above] - sorted[below]));
    }
}
