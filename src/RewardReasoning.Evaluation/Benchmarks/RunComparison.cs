using System.Text.Json;
using RewardReasoning.Evaluation.Metrics;

namespace RewardReasoning.Evaluation.Benchmarks;

/// <summary>Two judges on the same items of a benchmark.</summary>
public sealed record RunComparison
{
    /// <summary>The report as JSON for files and programs: indented, names in snake case.</summary>
    public string ToJson() => JsonSerializer.Serialize(this, BenchmarkJson.Indented.RunComparison);

    /// <summary>Name of the benchmark.</summary>
    public required string Benchmark { get; init; }

    /// <summary>The first judge.</summary>
    public required string First { get; init; }

    /// <summary>The second judge.</summary>
    public required string Second { get; init; }

    /// <summary>Items that both runs hold and that count.</summary>
    public required int Items { get; init; }

    /// <summary>Items of one run that the other does not hold.</summary>
    public required int Unmatched { get; init; }

    /// <summary>Mean credit of the first judge on the common items.</summary>
    public required double FirstScore { get; init; }

    /// <summary>Mean credit of the second judge on the common items.</summary>
    public required double SecondScore { get; init; }

    /// <summary>First minus second.</summary>
    public required double Difference { get; init; }

    /// <summary>Lower bound of its 95% interval: paired bootstrap over rows.</summary>
    public required double Low { get; init; }

    /// <summary>Upper bound of its 95% interval.</summary>
    public required double High { get; init; }

    /// <summary>Items that the first judge alone got fully right.</summary>
    public required int OnlyFirstRight { get; init; }

    /// <summary>Items that the second judge alone got fully right.</summary>
    public required int OnlySecondRight { get; init; }

    /// <summary>McNemar's exact p-value of these two counts.</summary>
    public required double McNemarP { get; init; }

    /// <summary>
    /// Two-sided p-value of a paired permutation test of <see cref="Difference"/> over rows. Of single items that are right or wrong it is
    /// <see cref="McNemarP"/>.
    /// </summary>
    public required double PermutationP { get; init; }

    /// <summary>Compares two judges item by item, by what each item adds to the benchmark's main figure.</summary>
    /// <param name="benchmark">Name of the benchmark.</param>
    /// <param name="first">A judge and its credits.</param>
    /// <param name="second">Another judge and its credits.</param>
    /// <param name="bootstrap">Draws rows.</param>
    /// <exception cref="ArgumentException">The two have no item in common that counts.</exception>
    internal static RunComparison Of(
        string benchmark,
        (string Judge, IReadOnlyList<ItemCredit> Items) first,
        (string Judge, IReadOnlyList<ItemCredit> Items) second,
        Bootstrap bootstrap
    )
    {
        ArgumentNullException.ThrowIfNull(bootstrap);
        Dictionary<string, ItemCredit> others = second.Items.ToDictionary(item => item.Id);
        List<(string Row, double First, double Second)> pairs = [];
        int common = 0;
        foreach (ItemCredit item in first.Items)
        {
            if (others.TryGetValue(item.Id, out ItemCredit other))
            {
                common++;
                if (item.Credit is { } a && other.Credit is { } b)
                {
                    pairs.Add((item.Row, a, b));
                }
            }
        }

        if (pairs.Count == 0)
        {
            throw new ArgumentException(
                $"The runs of {first.Judge} and {second.Judge} have no item in common that counts; they are not over the same data.",
                nameof(second)
            );
        }

        List<List<(string Row, double First, double Second)>> rows = [.. pairs.GroupBy(pair => pair.Row).Select(row => row.ToList())];
        Interval difference = bootstrap.Of(
            [rows.Count],
            drawn =>
            {
                double sum = 0;
                double count = 0;
                for (int i = 0; i < rows.Count; i++)
                {
                    sum += drawn[0][i] * rows[i].Sum(pair => pair.First - pair.Second);
                    count += drawn[0][i] * rows[i].Count;
                }

                return sum / count;
            }
        );
        int onlyFirst = pairs.Count(pair => pair.First == 1 && pair.Second != 1);
        int onlySecond = pairs.Count(pair => pair.Second == 1 && pair.First != 1);
        return new RunComparison
        {
            Benchmark = benchmark,
            First = first.Judge,
            Second = second.Judge,
            Items = pairs.Count,
            Unmatched = first.Items.Count + second.Items.Count - (2 * common),
            FirstScore = pairs.Average(pair => pair.First),
            SecondScore = pairs.Average(pair => pair.Second),
            Difference = difference.Value,
            Low = difference.Low,
            High = difference.High,
            OnlyFirstRight = onlyFirst,
            OnlySecondRight = onlySecond,
            McNemarP = McNemar.ExactP(onlyFirst, onlySecond),
            PermutationP = PairedPermutation.P([.. rows.Select(row => row.Sum(pair => pair.First - pair.Second))]),
        };
    }
}

/// <summary>What one item adds to a benchmark's main figure.</summary>
/// <param name="Id">The item's identity, its texts included: two runs may be over files of their own whose rows are numbered alike.</param>
/// <param name="Row">The row of the data that it comes from; items of one row are drawn together.</param>
/// <param name="Credit">From 0 to 1; null where it does not count.</param>
internal readonly record struct ItemCredit(string Id, string Row, double? Credit)
{
    /// <summary>The credit of a judged comparison.</summary>
    public static ItemCredit Of(BenchmarkDefinition definition, JudgedItem judged)
    {
        ArgumentNullException.ThrowIfNull(definition);
        ArgumentNullException.ThrowIfNull(judged);
        return new(IdentityOf(judged.Item.Id, judged.Item.Comparison), judged.Item.Row, definition.Credit(judged));
    }

    /// <summary>An identity with the texts it stands for.</summary>
    internal static string IdentityOf(string id, Comparison texts) =>
        $"{id} {Convert.ToHexStringLower(ComparisonHash.OfUnorderedPair(texts))}";
}
