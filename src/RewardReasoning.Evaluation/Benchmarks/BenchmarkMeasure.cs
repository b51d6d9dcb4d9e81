namespace RewardReasoning.Evaluation.Benchmarks;

/// <summary>An item and how often it counts: once, or as often as a bootstrap drew it.</summary>
/// <param name="Judged">The item.</param>
/// <param name="Weight">How often it counts.</param>
internal readonly record struct WeightedItem(JudgedItem Judged, int Weight);

/// <summary>A figure of a benchmark, of a section or of all items.</summary>
/// <param name="Name">Name in tables and in JSON.</param>
/// <param name="Meaning">What it counts, for people.</param>
/// <param name="Compute">The figure, from 0 to 1; NaN where it is undefined.</param>
internal sealed record BenchmarkMeasure(string Name, string Meaning, Func<IReadOnlyList<WeightedItem>, double> Compute)
{
    /// <summary>What each item adds, if the figure is the mean of that; null if it is not a mean.</summary>
    public Func<JudgedItem, double?>? Credit { get; init; }

    /// <summary>The mean of a credit per item; items without one (null) are left out.</summary>
    public static BenchmarkMeasure Mean(string name, string meaning, Func<JudgedItem, double?> credit) =>
        new(name, meaning, items => Mean(items, credit)) { Credit = credit };

    /// <summary>The mean of a credit over items; NaN without any.</summary>
    public static double Mean(IEnumerable<WeightedItem> items, Func<JudgedItem, double?> credit)
    {
        ArgumentNullException.ThrowIfNull(items);
        ArgumentNullException.ThrowIfNull(credit);
        double sum = 0;
        double count = 0;
        foreach (WeightedItem item in items)
        {
            if (item.Weight > 0 && credit(item.Judged) is { } value)
            {
                sum += item.Weight * value;
                count += item.Weight;
            }
        }

        return sum / count;
    }
}
