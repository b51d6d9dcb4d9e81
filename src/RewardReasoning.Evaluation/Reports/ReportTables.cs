using System.Globalization;
using RewardReasoning.Evaluation.Benchmarks;

namespace RewardReasoning.Evaluation.Reports;

/// <summary>The tables of a report as rows of text, the heading first.</summary>
internal static class ReportTables
{
    private const string Nothing = "-";

    /// <summary>A line for each run.</summary>
    public static IReadOnlyList<IReadOnlyList<string>> Overview(IReadOnlyList<RunAnalysis> runs)
    {
        ArgumentNullException.ThrowIfNull(runs);
        return
        [
            [
                "run",
                "benchmark",
                "judge",
                "n",
                "missing",
                "main figure",
                "votes",
                "budget",
                "thought",
                "tokens written",
                "cost",
                "same in both orders",
                "lean to first",
            ],
            .. runs.Select(run =>
                new[]
                {
                    run.Name,
                    run.Report.Benchmark,
                    run.Report.Judge,
                    Whole(run.Report.Overall.Items),
                    Whole(run.Report.Overall.Missing),
                    WithInterval(run.Report.Overall.Figures[0]),
                    run.Report.Judging is { } judging ? Whole(judging.Votes) : Nothing,
                    run.Report.Judging?.ThinkingBudget is { } budget ? Whole(budget) : Nothing,
                    run.MeanThoughtTokens is { } tokens ? tokens.ToString("0.0", CultureInfo.InvariantCulture) : Nothing,
                    Whole(run.Report.Usage.OutputTokens),
                    run.Report.Usage.Cost?.ToString("0.####", CultureInfo.InvariantCulture) ?? Nothing,
                    Percent(run.Report.Consistency),
                    run.Report.PositionBias?.ToString("+0.000;-0.000;0.000", CultureInfo.InvariantCulture) ?? Nothing,
                }
            ),
        ];
    }

    /// <summary>A line for each run that is compared with an earlier one; none without such.</summary>
    public static IReadOnlyList<IReadOnlyList<string>> Comparisons(IReadOnlyList<RunAnalysis> runs)
    {
        ArgumentNullException.ThrowIfNull(runs);
        RunComparison[] comparisons = [.. runs.Select(run => run.Comparison).OfType<RunComparison>()];
        return comparisons.Length == 0
            ? []
            :
            [
                ["run", "against", "common items", "points more", "right alone", "right against it", "McNemar p"],
                .. comparisons.Select(comparison =>
                    new[]
                    {
                        comparison.First,
                        comparison.Second,
                        Whole(comparison.Items),
                        string.Create(
                            CultureInfo.InvariantCulture,
                            $"{comparison.Difference * 100:+0.0;-0.0;0.0} ({comparison.Low * 100:+0.0;-0.0;0.0} to "
                                + $"{comparison.High * 100:+0.0;-0.0;0.0})"
                        ),
                        Whole(comparison.OnlyFirstRight),
                        Whole(comparison.OnlySecondRight),
                        comparison.McNemarP < 0.001 ? "< 0.001" : Small(comparison.McNemarP),
                    }
                ),
            ];
    }

    /// <summary>A line for each section of a run, each figure with its interval.</summary>
    public static IReadOnlyList<IReadOnlyList<string>> Sections(BenchmarkReport report)
    {
        ArgumentNullException.ThrowIfNull(report);
        return
        [
            ["section", "n", "missing", .. report.Overall.Figures.Select(figure => figure.Name)],
            .. report
                .Sections.Append(report.Overall)
                .Select(section =>
                    new[] { section.Section, Whole(section.Items), Whole(section.Missing) }
                        .Concat(section.Figures.Select(WithInterval))
                        .ToArray()
                ),
        ];
    }

    /// <summary>A line for each way of choosing.</summary>
    public static IReadOnlyList<IReadOnlyList<string>> Choices(ChoiceAnalysis choices)
    {
        ArgumentNullException.ThrowIfNull(choices);
        return
        [
            ["chosen by", "comparisons a query", "right"],
            .. choices.Ways.Select(way =>
                new[]
                {
                    way.Name,
                    way.Points[^1].X.ToString("0.0", CultureInfo.InvariantCulture),
                    WithInterval(new BenchmarkFigure("", way.Points[^1].Value, way.Points[^1].Low, way.Points[^1].High)),
                }
            ),
            .. new[] { ("chance", choices.Random), ("most frequent answer", choices.Majority), ("oracle", choices.Oracle) }.Select(way =>
                new[] { way.Item1, "0", Percent(way.Item2) }
            ),
        ];
    }

    /// <summary>A line for each number of votes that is a power of two or odd, and a column for each run.</summary>
    public static IReadOnlyList<IReadOnlyList<string>> Votes(IReadOnlyList<RunAnalysis> runs)
    {
        ArgumentNullException.ThrowIfNull(runs);
        RunAnalysis[] voted = [.. runs.Where(run => run.ByVotes.Count > 1)];
        double most = voted.SelectMany(run => run.ByVotes).Select(point => point.X).DefaultIfEmpty(0).Max();
        return voted.Length == 0
            ? []
            :
            [
                ["votes", .. voted.Select(run => run.Name)],
                .. Enumerable
                    .Range(1, (int)most)
                    .Where(votes => votes % 2 == 1 || votes == (int)most)
                    .Select(votes =>
                        new[] { Whole(votes) }
                            .Concat(
                                voted.Select(run =>
                                    run.ByVotes.FirstOrDefault(point => (int)point.X == votes) is { } point
                                        ? WithInterval(new BenchmarkFigure("", point.Value, point.Low, point.High))
                                        : Nothing
                                )
                            )
                            .ToArray()
                    ),
            ];
    }

    /// <summary>A line for each run: how far confidence can be trusted.</summary>
    public static IReadOnlyList<IReadOnlyList<string>> Calibration(IReadOnlyList<RunAnalysis> runs)
    {
        ArgumentNullException.ThrowIfNull(runs);
        return
        [
            ["run", "calibration error", "Brier score", "the same, calibrated", "Brier, calibrated", "area under risk-coverage"],
            .. runs.Where(run => run.Calibration is not null)
                .Select(run =>
                    new[]
                    {
                        run.Name,
                        Small(run.Calibration?.Error.Ece),
                        Small(run.Calibration?.Error.Brier),
                        Small(run.Calibration?.CalibratedError?.Ece),
                        Small(run.Calibration?.CalibratedError?.Brier),
                        Small(run.Calibration?.Aurc),
                    }
                ),
        ];
    }

    /// <summary>A line for each pattern of each run.</summary>
    public static IReadOnlyList<IReadOnlyList<string>> Patterns(IReadOnlyList<RunAnalysis> runs)
    {
        ArgumentNullException.ThrowIfNull(runs);
        return
        [
            ["pattern", "run", "votes with it", "right votes", "wrong votes", "keywords in 1,000 words"],
            .. runs.SelectMany(run =>
                run.Patterns.Select(pattern =>
                    new[]
                    {
                        pattern.Pattern,
                        run.Name,
                        Percent(pattern.Votes.Value),
                        Percent(pattern.RightVotes.Value),
                        Percent(pattern.WrongVotes.Value),
                        pattern.PerThousandWords.ToString("0.00", CultureInfo.InvariantCulture),
                    }
                )
            ),
        ];
    }

    /// <summary>A line for each effect of place and length, and a column for each run.</summary>
    public static IReadOnlyList<IReadOnlyList<string>> Bias(IReadOnlyList<RunAnalysis> runs)
    {
        ArgumentNullException.ThrowIfNull(runs);
        (string Name, CountedShare Share)[][] columns = [.. runs.Select(run => ReportFigures.BiasRows(run.Bias).ToArray())];
        return
        [
            ["share of", .. runs.Select(run => run.Name)],
            .. Enumerable
                .Range(0, columns[0].Length)
                .Select(row =>
                    new[] { columns[0][row].Name }
                        .Concat(
                            columns.Select(column =>
                                column[row].Share is { Of: > 0 } share
                                    ? FormattableString.Invariant($"{share.Value:0.0%} of {share.Of}")
                                    : Nothing
                            )
                        )
                        .ToArray()
                ),
        ];
    }

    private static string WithInterval(BenchmarkFigure figure) =>
        figure switch
        {
            { Value: null } => Nothing,
            { Low: { } low, High: { } high } => FormattableString.Invariant(
                $"{figure.Value * 100:0.0} ({low * 100:0.0} to {high * 100:0.0})"
            ),
            _ => FormattableString.Invariant($"{figure.Value * 100:0.0}"),
        };

    private static string Percent(double? share) => share is { } value ? FormattableString.Invariant($"{value:0.0%}") : Nothing;

    private static string Small(double? value) => value is { } number ? number.ToString("0.000", CultureInfo.InvariantCulture) : Nothing;

    private static string Whole(long number) => number.ToString(CultureInfo.InvariantCulture);
}
