using System.Text.Json;
using RewardReasoning.Calibration;
using RewardReasoning.Evaluation.Metrics;
using RewardReasoning.Ratings;

namespace RewardReasoning.Evaluation.Benchmarks;

/// <summary>A figure with its 95% bootstrap interval; null where it is undefined.</summary>
/// <param name="Name">Name of the measure.</param>
/// <param name="Value">The figure, from 0 to 1.</param>
/// <param name="Low">Lower bound.</param>
/// <param name="High">Upper bound.</param>
public sealed record BenchmarkFigure(string Name, double? Value, double? Low, double? High);

/// <summary>The figures of a section.</summary>
/// <param name="Section">Its name; "overall" for all items.</param>
/// <param name="Items">Comparisons in it.</param>
/// <param name="Missing">Those without an answer.</param>
/// <param name="Figures">One for each measure.</param>
public sealed record SectionReport(string Section, int Items, int Missing, IReadOnlyList<BenchmarkFigure> Figures)
{
    /// <summary>Comparisons that the judge abstained from; the figures count them like ties.</summary>
    public int Abstained { get; init; }

    /// <summary>
    /// Of the labelled comparisons that the judge did not abstain from, the share whose preferred response is wrong; null where it
    /// abstained from none.
    /// </summary>
    public double? GivenRisk { get; init; }
}

/// <summary>How a judge did on a benchmark.</summary>
public sealed record BenchmarkReport
{
    /// <summary>The report as JSON for files and programs: indented, names in snake case.</summary>
    public string ToJson() => JsonSerializer.Serialize(this, BenchmarkJson.Indented.BenchmarkReport);

    /// <summary>Name of the benchmark.</summary>
    public required string Benchmark { get; init; }

    /// <summary>Who judged.</summary>
    public required string Judge { get; init; }

    /// <summary>All items together.</summary>
    public required SectionReport Overall { get; init; }

    /// <summary>The sections, in the order of the data; empty where there is only one.</summary>
    public required IReadOnlyList<SectionReport> Sections { get; init; }

    /// <summary>Share of the comparisons asked for in both orders whose answers are the same; null without such.</summary>
    public double? Consistency { get; init; }

    /// <summary>
    /// How much more often than not the response shown first is preferred, -0.5 to 0.5, over comparisons asked for in both orders; null
    /// without such.
    /// </summary>
    public double? PositionBias { get; init; }

    /// <summary>How the judge voted; null of a replayed one.</summary>
    public VotingSettings? Judging { get; init; }

    /// <summary>Tokens, time and cost of all judgments.</summary>
    public required Usage Usage { get; init; }

    /// <summary>Computes the report of judged items.</summary>
    /// <param name="definition">The benchmark.</param>
    /// <param name="judge">Who judged.</param>
    /// <param name="items">All items, those without an answer included.</param>
    /// <param name="bootstrap">Draws rows within their sections.</param>
    internal static BenchmarkReport Of(BenchmarkDefinition definition, string judge, IReadOnlyList<JudgedItem> items, Bootstrap bootstrap)
    {
        ArgumentNullException.ThrowIfNull(definition);
        ArgumentNullException.ThrowIfNull(items);
        ArgumentNullException.ThrowIfNull(bootstrap);
        string[] sections = [.. items.Select(judged => judged.Item.Section).Distinct()];
        (double? consistency, double? bias) = Position(items.Select(judged => judged.Shown));
        return new BenchmarkReport
        {
            Benchmark = definition.Name,
            Judge = judge,
            Overall = Section("overall", definition, items, bootstrap),
            Sections =
                sections.Length < 2
                    ? []
                    :
                    [
                        .. sections.Select(section =>
                            Section(section, definition, [.. items.Where(judged => judged.Item.Section == section)], bootstrap)
                        ),
                    ],
            Consistency = consistency,
            PositionBias = bias,
            Usage = items.Aggregate(Usage.None, (sum, judged) => sum + judged.Usage),
        };
    }

    private static SectionReport Section(string name, BenchmarkDefinition definition, IReadOnlyList<JudgedItem> items, Bootstrap bootstrap)
    {
        // Rows are drawn within their sections; the items of a row come and go together.
        List<List<int>> rowsOfGroups = [];
        Dictionary<string, int> groups = [];
        Dictionary<(string Section, string Row), int> rows = [];
        (int Group, int Unit)[] units = new (int, int)[items.Count];
        for (int i = 0; i < items.Count; i++)
        {
            BenchmarkItem item = items[i].Item;
            if (!groups.TryGetValue(item.Section, out int group))
            {
                group = groups[item.Section] = rowsOfGroups.Count;
                rowsOfGroups.Add([]);
            }

            if (!rows.TryGetValue((item.Section, item.Row), out int unit))
            {
                unit = rows[(item.Section, item.Row)] = rowsOfGroups[group].Count;
                rowsOfGroups[group].Add(i);
            }

            units[i] = (group, unit);
        }

        WeightedItem[] weighted = [.. items.Select(judged => new WeightedItem(judged, 1))];
        return new SectionReport(
            name,
            items.Count,
            items.Count(judged => judged.Preferred == MatchOutcome.Missing),
            [
                .. definition.Measures.Select(measure =>
                {
                    double[]? credits = measure.Credit is { } credit ? [.. items.Select(judged => credit(judged) ?? double.NaN)] : null;
                    Interval interval = bootstrap
                        .Of(
                            [.. rowsOfGroups.Select(group => group.Count)],
                            drawn => credits is null ? Compute(measure, drawn) : Mean(credits, drawn)
                        )
                        .OfShare(rowsOfGroups.Sum(group => group.Count));
                    return new BenchmarkFigure(measure.Name, Defined(interval.Value), Defined(interval.Low), Defined(interval.High));
                }),
            ]
        )
        {
            Abstained = items.Count(judged => judged.Preferred == MatchOutcome.Abstained),
            GivenRisk = GivenRiskOf(items),
        };

        double Compute(BenchmarkMeasure measure, IReadOnlyList<int[]> drawn)
        {
            for (int i = 0; i < weighted.Length; i++)
            {
                weighted[i] = weighted[i] with { Weight = drawn[units[i].Group][units[i].Unit] };
            }

            return measure.Compute(weighted);
        }

        double Mean(double[] credits, IReadOnlyList<int[]> drawn)
        {
            double sum = 0;
            double count = 0;
            for (int i = 0; i < credits.Length; i++)
            {
                int weight = drawn[units[i].Group][units[i].Unit];
                if (weight > 0 && !double.IsNaN(credits[i]))
                {
                    sum += weight * credits[i];
                    count += weight;
                }
            }

            return sum / count;
        }
    }

    private static double? GivenRiskOf(IReadOnlyList<JudgedItem> items)
    {
        JudgedItem[] given = [.. items.Where(judged => judged.Preferred.IsAnswer() && judged.Item.Gold.IsAnswer())];
        return given.Length == 0 || items.All(judged => judged.Preferred != MatchOutcome.Abstained)
            ? null
            : (double)given.Count(judged => judged.Preferred != judged.Item.Gold) / given.Length;
    }

    private static double? Defined(double value) => double.IsNaN(value) ? null : value;

    /// <summary>Consistency and position bias of comparisons by what was said in each order.</summary>
    internal static (double? Consistency, double? Bias) Position(IEnumerable<IReadOnlyList<ShownOutcome>> comparisons)
    {
        ShownOutcome[][] both =
        [
            .. comparisons
                .Select(all => all.Where(shown => shown.Outcome.IsAnswer()).ToArray())
                .Where(shown => shown is [{ Order: var one }, { Order: var other }] && one != other),
        ];
        ShownOutcome[] decided =
        [
            .. both.SelectMany(shown => shown).Where(shown => shown.Outcome is MatchOutcome.First or MatchOutcome.Second),
        ];
        return (
            both.Length == 0 ? null : (double)both.Count(shown => shown[0].Outcome == shown[1].Outcome) / both.Length,
            decided.Length == 0
                ? null
                : (
                    (double)decided.Count(shown => (shown.Order == ShownOrder.Given) == (shown.Outcome == MatchOutcome.First))
                    / decided.Length
                ) - 0.5
        );
    }
}
