using System.Globalization;
using RewardReasoning.Evaluation.Plots;

namespace RewardReasoning.Evaluation.Reports;

/// <summary>A figure of a report.</summary>
/// <param name="Name">Name for a file.</param>
/// <param name="Caption">What it shows, in words.</param>
/// <param name="Figure">The figure.</param>
internal sealed record ReportFigure(string Name, string Caption, Figure Figure);

/// <summary>The figures of a report; each is there where a run has what it shows.</summary>
internal static class ReportFigures
{
    // Small enough that its letters can be read on a phone, where it is as wide as the screen.
    private const int Width = 520;
    private const int Height = 380;

    /// <summary>Accuracy against votes.</summary>
    public static ReportFigure? Votes(IReadOnlyList<RunAnalysis> runs) =>
        Lines(
            runs,
            "votes",
            "votes of a comparison",
            "share of comparisons that are right",
            run => run.ByVotes,
            "Accuracy against the number of votes: so many of each comparison's votes, drawn at random from those that were kept; "
                + "the exact expectation, with 95% intervals over rows."
        );

    /// <summary>Accuracy against the length of thoughts.</summary>
    public static ReportFigure? ThoughtTokens(IReadOnlyList<RunAnalysis> runs) =>
        Lines(
            runs,
            "thinking",
            "longest thought that counts, in tokens",
            "share of comparisons that are right",
            run => run.ByThoughtTokens,
            "Accuracy against a limit on thinking: votes whose thought is longer than the limit are left out, and without any vote a "
                + "coin is tossed. What a judge that is made to answer at the limit would add is not in it."
        );

    /// <summary>Accuracy of runs against the thought they spent; for two runs or more of one benchmark over as many items.</summary>
    public static ReportFigure? Budgets(IReadOnlyList<RunAnalysis> runs)
    {
        Line[] lines =
        [
            .. runs.Where(run => run.MeanThoughtTokens is > 0 && run.Report.Overall.Figures[0].Value is not null)
                .GroupBy(run => (run.Report.Benchmark, run.Report.Judge, run.Report.Overall.Items))
                .Where(group => group.Count() > 1)
                .Select(group =>
                    LineOf(
                        $"{group.Key.Judge}, {group.Key.Benchmark}",
                        [
                            .. group
                                .Select(run =>
                                    (
                                        Tokens: (run.MeanThoughtTokens ?? 0) * (run.Report.Judging?.Votes ?? 1),
                                        Figure: run.Report.Overall.Figures[0]
                                    )
                                )
                                .OrderBy(run => run.Tokens)
                                .Select(run => new CurvePoint(run.Tokens, run.Figure.Value ?? 0, run.Figure.Low, run.Figure.High)),
                        ]
                    )
                ),
        ];
        return lines.Length == 0
            ? null
            : new ReportFigure(
                "budgets",
                "The main figure of runs of one judge against the thought that they spent on a comparison (mean tokens a vote times "
                    + "votes): budgets and numbers of votes side by side.",
                new LineChart
                {
                    Width = Width,
                    Height = Height,
                    XTitle = "tokens of thought a comparison",
                    YTitle = "main figure",
                    Lines = lines,
                }
            );
    }

    /// <summary>Ways of choosing against comparisons, of one run.</summary>
    public static ReportFigure? Choices(RunAnalysis run)
    {
        ArgumentNullException.ThrowIfNull(run);
        return run.Choices is not { } choices
            ? null
            : new ReportFigure(
                $"choices-{run.Name}",
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"{run.Name}: share of {choices.Queries} queries whose chosen response is right, against comparisons a query; "
                        + $"beside it a response at random, the most frequent answer, and the oracle."
                ),
                new LineChart
                {
                    Width = Width,
                    Height = Height,
                    XTitle = "comparisons a query",
                    YTitle = "share of queries that are right",
                    Lines =
                    [
                        .. choices.Ways.Select(way => LineOf(way.Name, way.Points)),
                        Flat("oracle", choices.Oracle),
                        Flat("majority", choices.Majority),
                        Flat("random", choices.Random),
                    ],
                    YMinimum = Math.Max(0, Math.Min(choices.Random, choices.Majority) - 0.08),
                    YMaximum = 1.02,
                }
            );

        Line Flat(string name, double share) => new(name, [0, choices.Ways.Max(way => way.Points[^1].X)], [share, share]);
    }

    /// <summary>The calibration curves.</summary>
    public static ReportFigure? Calibration(IReadOnlyList<RunAnalysis> runs)
    {
        ArgumentNullException.ThrowIfNull(runs);
        ReliabilityCurve[] curves =
        [
            .. runs.SelectMany(run =>
                    run.Calibration is not { } calibration
                        ? []
                        : new[]
                        {
                            new ReliabilityCurve(runs.Count == 1 ? "confidence" : run.Name, calibration.Confidence),
                            calibration.Calibrated is { } calibrated
                                ? new ReliabilityCurve(runs.Count == 1 ? "calibrated" : $"{run.Name}, calibrated", calibrated)
                                : null,
                        }
                )
                .OfType<ReliabilityCurve>(),
        ];
        return curves.Length == 0
            ? null
            : new ReportFigure(
                "calibration",
                "How often judgments of a confidence are right; on the diagonal confidence is worth what it says. The area of a mark "
                    + "tells the number of judgments.",
                new ReliabilityDiagram { Width = Width, Curves = curves }
            );
    }

    /// <summary>Where the judge is right, by place and length.</summary>
    public static ReportFigure? Bias(RunAnalysis run)
    {
        ArgumentNullException.ThrowIfNull(run);
        (string Name, CountedShare Share)[] shares = [.. BiasRows(run.Bias).Where(row => row.Share.Of > 0)];
        return shares.Length == 0
            ? null
            : new ReportFigure(
                $"bias-{run.Name}",
                $"{run.Name}: what the place and the length of responses do. Votes of one comparison are not independent, so the "
                    + $"intervals of the first three rows are too narrow where there are many votes.",
                new IntervalChart
                {
                    Width = Width,
                    XTitle = "share",
                    Reference = 0.5,
                    Rows = [.. shares.Select(row => new IntervalRow(row.Name, row.Share.Value ?? 0, row.Share.Low, row.Share.High))],
                }
            );
    }

    internal static IEnumerable<(string Name, CountedShare Share)> BiasRows(BiasAnalysis bias) =>
        [
            ("votes for the one shown first", bias.ShownFirst),
            ("right, where right was shown first", bias.RightShownFirst),
            ("right, where it was shown second", bias.RightShownSecond),
            ("judgments for the longer one", bias.Longer),
            ("comparisons whose longer is right", bias.LongerIsRight),
            ("right, where the longer is right", bias.RightIsLonger),
            ("right, where the shorter is right", bias.RightIsShorter),
        ];

    private static ReportFigure? Lines(
        IReadOnlyList<RunAnalysis> runs,
        string name,
        string xTitle,
        string yTitle,
        Func<RunAnalysis, IReadOnlyList<CurvePoint>> points,
        string caption
    )
    {
        Line[] lines = [.. runs.Where(run => points(run).Count > 1).Select(run => LineOf(run.Name, points(run)))];
        return lines.Length == 0
            ? null
            : new ReportFigure(
                name,
                caption,
                new LineChart
                {
                    Width = Width,
                    Height = Height,
                    XTitle = xTitle,
                    YTitle = yTitle,
                    Lines = lines,
                }
            );
    }

    private static Line LineOf(string name, IReadOnlyList<CurvePoint> points) =>
        new(name, [.. points.Select(point => point.X)], [.. points.Select(point => point.Value)])
        {
            Low = [.. points.Select(point => point.Low ?? point.Value)],
            High = [.. points.Select(point => point.High ?? point.Value)],
        };
}
