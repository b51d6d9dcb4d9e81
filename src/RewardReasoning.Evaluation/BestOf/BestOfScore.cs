using RewardReasoning.Evaluation.Benchmarks;
using RewardReasoning.Evaluation.Metrics;

namespace RewardReasoning.Evaluation.BestOf;

/// <summary>
/// What one query adds to the figures of a best-of-n benchmark. A query that nothing was chosen for counts as a choice at random; one
/// whose responses are all right or all wrong counts as what they are.
/// </summary>
internal sealed record BestOfScore
{
    /// <summary>Name of the main figure.</summary>
    public const string ChosenName = "best_of_n";

    /// <summary>Where <see cref="Values"/> has the figure of a choice at random.</summary>
    public const int RandomAt = 2;

    /// <summary>The query's identity, its texts included.</summary>
    public required string Id { get; init; }

    /// <summary>Its section.</summary>
    public required string Section { get; init; }

    /// <summary>
    /// Its value for each figure of <see cref="BestOfBenchmark.FigureMeanings"/>, in that order; NaN where it does not count.
    /// </summary>
    public required IReadOnlyList<double> Values { get; init; }

    /// <summary>Whether nothing was chosen although some responses are right and some are wrong.</summary>
    public required bool IsMissing { get; init; }

    /// <summary>What its matches said in each order.</summary>
    public required IReadOnlyList<IReadOnlyList<ShownOutcome>> Shown { get; init; }

    /// <summary>What it cost.</summary>
    public required Usage Usage { get; init; }

    /// <summary>The score of a recorded ranking.</summary>
    public static BestOfScore Of(RecordedRanking ranking)
    {
        ArgumentNullException.ThrowIfNull(ranking);
        BestOfItem item = ranking.Item;
        double random = Selection.Random(item.Correct);
        return new()
        {
            Id = ItemCredit.IdentityOf(item.Id, new Comparison(item.Query, string.Join('\n', item.Responses), "")),
            Section = item.Section,
            Values =
            [
                ranking.Best is { } best
                    ? item.Correct[best]
                        ? 1
                        : 0
                    : random,
                ranking.Ratings.Count == 0 ? double.NaN : Discrimination.Auroc(ranking.Ratings, item.Correct) ?? double.NaN,
                random,
                Selection.Majority(item.Correct, item.Answers),
                Selection.Oracle(item.Correct),
            ],
            IsMissing = ranking.Best is null && !item.IsDecided,
            Shown = [.. ranking.Matches.Select(match => ShownOutcome.Of(match.Votes))],
            Usage = ranking.Usage,
        };
    }

    /// <summary>What the query adds to the main figure, for the comparison of runs.</summary>
    public ItemCredit ToCredit() => new(Id, Id, Values[0]);

    /// <summary>The report of all queries.</summary>
    public static BenchmarkReport Report(BestOfBenchmark benchmark, string judge, IReadOnlyList<BestOfScore> scores, Bootstrap bootstrap)
    {
        ArgumentNullException.ThrowIfNull(benchmark);
        ArgumentNullException.ThrowIfNull(scores);
        ArgumentNullException.ThrowIfNull(bootstrap);
        List<List<BestOfScore>> sections = [.. scores.GroupBy(score => score.Section).Select(section => section.ToList())];
        (double? consistency, double? bias) = BenchmarkReport.Position(scores.SelectMany(score => score.Shown));
        return new BenchmarkReport
        {
            Benchmark = benchmark.Name,
            Judge = judge,
            Overall = SectionOf("overall", benchmark, sections, bootstrap),
            Sections =
                sections.Count < 2 ? [] : [.. sections.Select(section => SectionOf(section[0].Section, benchmark, [section], bootstrap))],
            Consistency = consistency,
            PositionBias = bias,
            Usage = scores.Aggregate(Usage.None, (sum, score) => sum + score.Usage),
        };
    }

    private static SectionReport SectionOf(
        string name,
        BestOfBenchmark benchmark,
        IReadOnlyList<List<BestOfScore>> sections,
        Bootstrap bootstrap
    ) =>
        new(
            name,
            sections.Sum(section => section.Count),
            sections.Sum(section => section.Count(score => score.IsMissing)),
            [
                .. benchmark.FigureMeanings.Keys.Select(
                    (figure, column) =>
                    {
                        Interval interval = bootstrap
                            .Of(
                                [.. sections.Select(section => section.Count)],
                                drawn =>
                                    benchmark.IsMeanOfSections
                                        ? sections
                                            .Select((section, i) => Mean([section], [drawn[i]], column))
                                            .Where(double.IsFinite)
                                            .DefaultIfEmpty(double.NaN)
                                            .Average()
                                        : Mean(sections, drawn, column)
                            )
                            .OfShare(sections.Sum(section => section.Count));
                        return new BenchmarkFigure(figure, Defined(interval.Value), Defined(interval.Low), Defined(interval.High));
                    }
                ),
            ]
        );

    private static double Mean(IReadOnlyList<List<BestOfScore>> sections, IReadOnlyList<int[]> drawn, int column)
    {
        double sum = 0;
        double count = 0;
        for (int i = 0; i < sections.Count; i++)
        {
            for (int j = 0; j < sections[i].Count; j++)
            {
                if (sections[i][j].Values[column] is var value && !double.IsNaN(value))
                {
                    sum += drawn[i][j] * value;
                    count += drawn[i][j];
                }
            }
        }

        return sum / count;
    }

    private static double? Defined(double value) => double.IsNaN(value) ? null : value;
}
