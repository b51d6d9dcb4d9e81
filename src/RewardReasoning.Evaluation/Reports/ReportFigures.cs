using System.Globalization;
using RewardReasoning.Evaluation.Benchmarks;
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
    internal const int Width = 440;
    private const int Height = 350;
    private const string Chance = "chance: a coin for each answer";

    /// <summary>The main figure of several runs side by side; null where fewer than two have one.</summary>
    public static ReportFigure? Main(IReadOnlyList<RunAnalysis> runs)
    {
        IntervalRow[] rows =
        [
            .. runs.Where(run => run.Report.Overall.Figures[0].Value is not null)
                .Select(run => RowOf(run.Name, run.Report.Overall.Figures[0])),
        ];
        string[] names = [.. runs.Select(run => ReportText.FigureName(run.Report.Overall.Figures[0].Name)).Distinct()];
        return rows.Length < 2
            ? null
            : new ReportFigure(
                "main",
                "The main figure of each run with its 95 % interval.",
                new IntervalChart
                {
                    Title = "The runs side by side",
                    Width = Width,
                    XTitle = names.Length == 1 ? $"{names[0]} (%)" : "main figure (%)",
                    IsPercent = true,
                    Rows = rows,
                    Reference = ChanceOf(runs),
                    ReferenceName = ChanceOf(runs) is null ? "" : Chance,
                }
            );
    }

    /// <summary>The main figure of one run of comparisons: all items, the sections, and by where the right response was shown.</summary>
    public static ReportFigure? Main(RunAnalysis run)
    {
        const int MostSections = 30;
        BenchmarkFigure overall = run.Report.Overall.Figures[0];
        if (overall.Value is null)
        {
            return Preferences(run);
        }

        string figure = ReportText.FigureName(overall.Name);
        return new ReportFigure(
            "main",
            run.Report.Sections.Count > 0
                ? $"The main figure ({figure}) over all items and by section, with 95 % intervals."
                : $"The main figure ({figure}) over all items, and the votes by where the right response was shown, with 95 % intervals. "
                    + "A judge without a position bias is equally often right in both places.",
            new IntervalChart
            {
                Title = run.Report.Sections.Count > 0 ? $"{Capital(figure)} by section" : Capital(figure),
                Width = Width,
                XTitle = $"{figure} (%)",
                IsPercent = true,
                Rows =
                [
                    RowOf("all", overall),
                    .. run
                        .Report.Sections.Where(section => section.Figures[0].Value is not null)
                        .Take(MostSections)
                        .Select(section => RowOf(section.Section, section.Figures[0])),
                    .. run.Report.Sections.Count > 0 || run.Choices is not null
                        ? []
                        : new[]
                        {
                            ("votes, right one shown first", run.Bias.RightShownFirst),
                            ("votes, right one shown second", run.Bias.RightShownSecond),
                        }
                            .Where(row => row.Item2.Of > 0)
                            .Select(row => RowOf(row.Item1, row.Item2)),
                ],
                Reference = ChanceOf([run]),
                ReferenceName = ChanceOf([run]) is null ? "" : Chance,
            }
        );
    }

    /// <summary>Accuracy against votes.</summary>
    public static ReportFigure? Votes(IReadOnlyList<RunAnalysis> runs) =>
        Lines(
            runs,
            "votes",
            "Accuracy against votes",
            "votes a comparison",
            run => run.ByVotes,
            "How often the majority is right with fewer votes: that many of each comparison's votes are drawn at random from those that "
                + "were cast. Exact expectation, 95 % intervals over rows."
        );

    /// <summary>Accuracy against the length of reasoning.</summary>
    public static ReportFigure? ReasoningTokens(IReadOnlyList<RunAnalysis> runs) =>
        Lines(
            runs,
            "thinking",
            "Accuracy against a limit on reasoning",
            "longest reasoning that counts (tokens)",
            run => run.ByReasoningTokens,
            "Votes whose reasoning is longer than the limit are left out, and a coin decides where no vote is left. A judge that is made "
                + "to answer at its limit would do better than this."
        );

    /// <summary>Accuracy of runs against the reasoning they spent; for two runs or more of one benchmark over as many items.</summary>
    public static ReportFigure? Budgets(IReadOnlyList<RunAnalysis> runs)
    {
        Line[] lines =
        [
            .. runs.Where(run => run.MeanReasoningTokens is > 0 && run.Report.Overall.Figures[0].Value is not null)
                .GroupBy(run => (run.Report.Benchmark, run.Report.Judge, run.Report.Overall.Items))
                .Where(group => group.Count() > 1)
                .Select(group =>
                    LineOf(
                        $"{group.Key.Judge}, {group.Key.Benchmark}",
                        [
                            .. group
                                .Select(run =>
                                    (
                                        Tokens: (run.MeanReasoningTokens ?? 0) * (run.Report.Judging?.Votes ?? 1),
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
                "The main figure of the runs of one judge against the reasoning that they spent on a comparison (mean tokens a vote times "
                    + "votes): budgets and numbers of votes side by side.",
                new LineChart
                {
                    Title = "Main figure against tokens spent",
                    Width = Width,
                    Height = Height,
                    XTitle = "reasoning a comparison (tokens)",
                    YTitle = "main figure (%)",
                    IsPercent = true,
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
                    $"How often the chosen response is right over {choices.Queries} queries that have both right and wrong "
                        + $"responses, against the comparisons spent on a query. Beside it a random response, the most frequent "
                        + $"answer and the best possible choice."
                ),
                new LineChart
                {
                    Title = "Right choices against comparisons",
                    Width = Width,
                    Height = Height + 50,
                    XTitle = "comparisons a query",
                    YTitle = "chosen response is right (%)",
                    IsPercent = true,
                    Lines =
                    [
                        .. choices.Ways.Select(way => LineOf(way.Name, way.Points)),
                        Flat("best possible", choices.Oracle),
                        Flat("most frequent", choices.Majority),
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

        // Where all judgments have one confidence, such as those of one vote, there is a point and no curve.
        return !Array.Exists(curves, curve => curve.Bins.Count(bin => bin.Count > 0) > 1)
            ? null
            : new ReportFigure(
                "calibration",
                "How often judgments of a confidence are right. On the diagonal they are right as often as their confidence says; below it "
                    + "they are too confident. A larger mark stands for more judgments.",
                new ReliabilityDiagram
                {
                    Title = "Right judgments against confidence",
                    Width = Width,
                    Curves = curves,
                }
            );
    }

    /// <summary>Wrong judgments against judgments given, the surest first; null without judgments of different uncertainty.</summary>
    public static ReportFigure? Risk(IReadOnlyList<RunAnalysis> runs)
    {
        ArgumentNullException.ThrowIfNull(runs);
        Line[] lines =
        [
            .. runs.Where(run => run.Risk is not null)
                .Select(run =>
                    LineOf(
                        run.Name,
                        [
                            .. (run.Risk?.Curve.Levels ?? [])
                                .Select(level =>
                                    (
                                        X: 100.0 * level.Given / (run.Risk?.Curve.Pairs ?? 1),
                                        Share: new CountedShare(level.Wrong, level.Given)
                                    )
                                )
                                .Select(point => new CurvePoint(point.X, point.Share.Value ?? 0, point.Share.Low, point.Share.High)),
                        ]
                    )
                ),
        ];
        return lines.Length == 0
            ? null
            : new ReportFigure(
                "risk",
                "How many judgments are wrong if only the surest are given, by the entropy of the preference over both orders; 95 % "
                    + "intervals. `rrm calibrate` and --abstain choose a place on such a curve.",
                new LineChart
                {
                    Title = "Wrong judgments against judgments given",
                    Width = Width,
                    Height = Height,
                    XTitle = "judgments given (%)",
                    YTitle = "of these wrong (%)",
                    IsPercent = true,
                    YMinimum = 0,
                    Lines = lines,
                }
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
                    + $"intervals of votes are too narrow where a comparison has many.",
                Shares("Place and length", shares)
            );
    }

    internal static IEnumerable<(string Name, CountedShare Share)> BiasRows(BiasAnalysis bias) =>
        [
            ("votes for the one shown first", bias.ShownFirst),
            ("votes right, right one shown first", bias.RightShownFirst),
            ("votes right, right one shown second", bias.RightShownSecond),
            ("judgments for the longer one", bias.Longer),
            ("right one is the longer one", bias.LongerIsRight),
            ("right, if the right one is longer", bias.RightIsLonger),
            ("right, if the right one is shorter", bias.RightIsShorter),
        ];

    /// <summary>Of a run without labels: what its preferences go to.</summary>
    private static ReportFigure? Preferences(RunAnalysis run)
    {
        (string Name, CountedShare Share)[] shares =
        [
            .. new[]
            {
                ("judgments for the longer response", run.Bias.Longer),
                ("votes for the response shown first", run.Bias.ShownFirst),
            }.Where(row => row.Item2.Of > 0),
        ];
        return shares.Length == 0
            ? null
            : new ReportFigure(
                "main",
                "What the preferences go to, with 95 % intervals. The rows have no labels, so nothing can be right or wrong.",
                Shares("Preferences by place and length", shares)
            );
    }

    private static IntervalChart Shares(string title, IEnumerable<(string Name, CountedShare Share)> shares) =>
        new()
        {
            Title = title,
            Width = Width,
            XTitle = "share (%)",
            IsPercent = true,
            Reference = 0.5,
            ReferenceName = "one half",
            Rows = [.. shares.Select(row => RowOf(row.Name, row.Share))],
        };

    private static double? ChanceOf(IReadOnlyList<RunAnalysis> runs) =>
        runs.Select(run => run.Main?.Chance).Distinct().Take(2).ToArray() is [{ } chance] ? chance : null;

    private static IntervalRow RowOf(string name, BenchmarkFigure figure) => new(name, figure.Value ?? 0, figure.Low, figure.High);

    private static IntervalRow RowOf(string name, CountedShare share) => new(name, share.Value ?? 0, share.Low, share.High);

    private static string Capital(string text) => text.Length == 0 ? text : char.ToUpperInvariant(text[0]) + text[1..];

    private static ReportFigure? Lines(
        IReadOnlyList<RunAnalysis> runs,
        string name,
        string title,
        string xTitle,
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
                    Title = title,
                    Width = Width,
                    Height = Height,
                    XTitle = xTitle,
                    YTitle = "right comparisons (%)",
                    IsPercent = true,
                    IsWholeX = true,
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
