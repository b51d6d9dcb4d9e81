using RewardReasoning.Evaluation.Benchmarks;

namespace RewardReasoning.Evaluation.Reports;

/// <summary>The tables of a report; each is there where a run has what it shows.</summary>
internal static class ReportTables
{
    private static readonly double[] Risks = [0.01, 0.05, 0.1];

    private const int MostFlips = 200;
    private const int LongestReason = 300;

    /// <summary>A line for each run.</summary>
    public static ReportTable Overview(IReadOnlyList<RunAnalysis> runs)
    {
        string[] names = [.. runs.Select(run => ReportText.FigureName(run.Report.Overall.Figures[0].Name)).Distinct()];
        return new(
            "Figures of the runs",
            "Intervals are 95 %. Missing are items without a verdict. Reasoning is the mean number of tokens a vote. "
                + "Position bias is by how "
                + "many percentage points more than half of the answers go to the response shown first, where both orders were asked.",
            Columns([
                ["run", .. runs.Select(run => run.Name)],
                ["benchmark", .. runs.Select(run => run.Report.Benchmark)],
                ["judge", .. runs.Select(run => run.Report.Judge)],
                ["items", .. runs.Select(run => ReportText.Count(run.Report.Overall.Items))],
                ["missing", .. runs.Select(run => ReportText.Count(run.Report.Overall.Missing))],
                [names.Length == 1 ? names[0] : "main figure", .. runs.Select(run => ReportText.Percent(run.Report.Overall.Figures[0]))],
                ["votes", .. runs.Select(run => run.Report.Judging is { } judging ? ReportText.Count(judging.Votes) : ReportText.Nothing)],
                ["thinking budget", .. runs.Select(Budget)],
                [
                    "reasoning",
                    .. runs.Select(run =>
                        run.MeanReasoningTokens is { } tokens ? ReportText.Invariant($"{tokens:0.0}") : ReportText.Nothing
                    ),
                ],
                ["tokens written", .. runs.Select(run => ReportText.Count(run.Report.Usage.OutputTokens))],
                [
                    "cost",
                    .. runs.Select(run => run.Report.Usage.Cost is { } cost ? ReportText.Invariant($"{cost:0.####}") : ReportText.Nothing),
                ],
                ["same in both orders", .. runs.Select(run => ReportText.Percent(run.Report.Consistency))],
                ["position bias", .. runs.Select(run => ReportText.Points(run.Report.PositionBias))],
            ])
        );

        static string Budget(RunAnalysis run) =>
            run.Report.Judging?.ThinkingBudget is { } budget ? ReportText.Count(budget) : ReportText.Nothing;
    }

    /// <summary>A line for each run that is compared with an earlier one; null without such.</summary>
    public static ReportTable? Comparisons(IReadOnlyList<RunAnalysis> runs)
    {
        ArgumentNullException.ThrowIfNull(runs);
        RunComparison[] comparisons = [.. runs.Select(run => run.Comparison).OfType<RunComparison>()];
        return comparisons.Length == 0
            ? null
            : new(
                "Runs against each other",
                "Over the items that both runs hold: the difference in percentage points with a 95 % interval (paired "
                    + "bootstrap over rows), the "
                    + "items that only one of the two has fully right, and how likely so large a difference would be by chance "
                    + "alone (p of a "
                    + "paired permutation test over rows; McNemar's exact test beside it).",
                [
                    ["run", "against", "common items", "difference", "only this right", "only the other right", "p", "McNemar p"],
                    .. comparisons.Select(comparison =>
                        new[]
                        {
                            comparison.First,
                            comparison.Second,
                            ReportText.Count(comparison.Items),
                            $"{ReportText.Points(comparison.Difference)} ({ReportText.Points(comparison.Low)} to "
                                + $"{ReportText.Points(comparison.High)})",
                            ReportText.Count(comparison.OnlyFirstRight),
                            ReportText.Count(comparison.OnlySecondRight),
                            comparison.PermutationP < 0.001 ? "< 0.001" : ReportText.Small(comparison.PermutationP),
                            comparison.McNemarP < 0.001 ? "< 0.001" : ReportText.Small(comparison.McNemarP),
                        }
                    ),
                ]
            );
    }

    /// <summary>A line for each flipped item of a run; null without a comparison or a flip.</summary>
    public static ReportTable? Flips(RunAnalysis run) =>
        run is not { Comparison: { } comparison, Flips.Count: > 0 }
            ? null
            : new(
                $"Flipped items: {run.Name} against {comparison.Second}",
                $"Items that only one of the two runs has fully right."
                    + (run.Flips.Count > MostFlips ? $" The first {MostFlips} of {ReportText.Count(run.Flips.Count)} are listed." : ""),
                Columns([
                    ["item", .. run.Flips.Take(MostFlips).Select(flip => flip.Id)],
                    .. run.Report.Sections.Count > 0
                        ?
                        [
                            ["section", .. run.Flips.Take(MostFlips).Select(flip => flip.Section)],
                        ]
                        : Array.Empty<IReadOnlyList<string>>(),
                    ["change", .. run.Flips.Take(MostFlips).Select(flip => flip.IsGained ? "now right" : "no longer right")],
                    [$"{comparison.Second} preferred", .. run.Flips.Take(MostFlips).Select(flip => Answer(flip.Before))],
                    [$"{comparison.First} preferred", .. run.Flips.Take(MostFlips).Select(flip => Answer(flip.Now))],
                ])
            );

    /// <summary>A line for each section of a run, each figure with its interval; null where it would repeat the overview.</summary>
    public static ReportTable? Sections(RunAnalysis run)
    {
        BenchmarkReport report = run.Report;
        IReadOnlyDictionary<string, string>? meanings = BenchmarkCatalog
            .All.FirstOrDefault(benchmark => benchmark.Name == report.Benchmark)
            ?.FigureMeanings;
        return report.Sections.Count == 0 && report.Overall.Figures.Count == 1
            ? null
            : new(
                report.Sections.Count > 0 ? $"{run.Name}, by section" : $"{run.Name}, all figures",
                "In percent, with 95 % intervals"
                    + (
                        meanings is null
                            ? "."
                            : ". "
                                + string.Join(
                                    " ",
                                    report
                                        .Overall.Figures.Where(figure => meanings.ContainsKey(figure.Name))
                                        .Select(figure => $"{Capital(ReportText.FigureName(figure.Name))}: {meanings[figure.Name]}.")
                                )
                    ),
                [
                    ["section", "items", "missing", .. report.Overall.Figures.Select(figure => ReportText.FigureName(figure.Name))],
                    .. report
                        .Sections.Append(report.Overall)
                        .Select(section =>
                            new[]
                            {
                                section == report.Overall ? "all" : section.Section,
                                ReportText.Count(section.Items),
                                ReportText.Count(section.Missing),
                            }
                                .Concat(section.Figures.Select(ReportText.Percent))
                                .ToArray()
                        ),
                ]
            );
    }

    /// <summary>The judges beside rules that read nothing, a column for each run; null without labels.</summary>
    public static ReportTable? SimpleRules(IReadOnlyList<RunAnalysis> runs)
    {
        RunAnalysis[] labelled = [.. runs.Where(run => run.Report.Overall.Figures[0].Value is not null)];
        IReadOnlyList<string>[] rules =
        [
            ["the judge", .. labelled.Select(run => ReportText.Percent(run.Report.Overall.Figures[0]))],
            ["chance", .. labelled.Select(run => ReportText.Percent(run.Main?.Chance))],
            ["the judge's single votes", .. labelled.Select(run => ReportText.Percent(VotesOf(run.Bias).Value))],
            [
                "the same, balanced over the two places",
                .. labelled.Select(run => ReportText.Percent((run.Bias.RightShownFirst.Value + run.Bias.RightShownSecond.Value) / 2)),
            ],
            [
                "always the response shown first (base rate)",
                .. labelled.Select(run => ReportText.Percent(new CountedShare(run.Bias.RightShownFirst.Of, VotesOf(run.Bias).Of).Value)),
            ],
            ["always the longer response", .. labelled.Select(run => ReportText.Percent(run.Bias.LongerIsRight.Value))],
        ];
        IReadOnlyList<string>[] told = [.. rules.Where(rule => rule.Skip(1).Any(cell => cell != ReportText.Nothing))];
        return told.Length < 2
            ? null
            : new(
                "Beside simple rules",
                "Accuracy says little without the base rate: rules that do not read the responses are right this often. "
                    + "Chance is a coin for each "
                    + "answer, or a response at random. Balanced is the mean of the accuracy where the right response was "
                    + "shown first and where "
                    + "it was shown second, so that a position bias gains nothing from the data's habit. The longer response "
                    + "is compared where "
                    + "the lengths differ.",
                [
                    ["who decides", .. labelled.Select(run => run.Name)],
                    .. told,
                ]
            );

        static CountedShare VotesOf(BiasAnalysis bias) =>
            new(bias.RightShownFirst.Count + bias.RightShownSecond.Count, bias.RightShownFirst.Of + bias.RightShownSecond.Of);
    }

    /// <summary>A line for each class of missing verdicts; null where none is missing.</summary>
    public static ReportTable? Missing(string run, IReadOnlyList<MissingClass> classes) =>
        classes.Count == 0
            ? null
            : new(
                $"{run}, missing verdicts by class",
                "A comparison is missing when none of its votes has a verdict; a vote that is missing beside others leaves its comparison "
                    + "with fewer votes.",
                [
                    ["why", "comparisons", "votes", "for example"],
                    .. classes.Select(one =>
                        new[]
                        {
                            one.Name,
                            ReportText.Count(one.Comparisons),
                            ReportText.Count(one.Votes),
                            $"{one.Place}: {ExamplePicker.Clip(one.Example, LongestReason)}",
                        }
                    ),
                ]
            );

    /// <summary>A line for each member of a jury; null of a single judge.</summary>
    public static ReportTable? Jury(RunAnalysis run) =>
        run.Jury is not { } jury
            ? null
            : new(
                $"{run.Name}, members of the jury",
                $"Agreement: {jury.Agreement}. A member that failed on a pair is missing there, which is no vote. Votes for the response "
                    + "shown first are averaged over both orders, so that which response is better cancels: without bias they are half.",
                jury.Rows
            );

    /// <summary>A line for each way of choosing; null of a run of pairs.</summary>
    public static ReportTable? Choices(RunAnalysis run) =>
        run.Choices is not { } choices
            ? null
            : new(
                $"{run.Name}, choosing among candidates",
                ReportText.Invariant($"Over the {choices.Queries} ranked queries that have both right and wrong responses. ")
                    + (
                        choices.Ways.Count > 1
                            ? "The run's matches are replayed in 10 seeded brackets and orders, and responses of equal rating "
                                + "at the top share "
                                + "the choice evenly; the run itself chose one of them. So these figures can differ a little "
                                + "from the run's own."
                            : "A knockout has a point for each round: the share of right ones among the responses still in the bracket."
                    ),
                Choices(choices)
            );

    private static IReadOnlyList<IReadOnlyList<string>> Choices(ChoiceAnalysis choices) =>
        [
            ["chosen by", "comparisons a query", "right"],
            .. choices.Ways.Select(way =>
                new[]
                {
                    way.Name,
                    ReportText.Invariant($"{way.Points[^1].X:0.0}"),
                    ReportText.Percent(way.Points[^1].Value, way.Points[^1].Low, way.Points[^1].High),
                }
            ),
            .. new[]
            {
                ("a response at random", choices.Random),
                ("the most frequent answer", choices.Majority),
                ("the best possible choice", choices.Oracle),
            }.Select(way => new[] { way.Item1, "0", ReportText.Percent(way.Item2) }),
        ];

    /// <summary>A line for each odd number of votes and the greatest, a column for each run; null where no comparison has two.</summary>
    public static ReportTable? Votes(IReadOnlyList<RunAnalysis> runs)
    {
        ArgumentNullException.ThrowIfNull(runs);
        RunAnalysis[] voted = [.. runs.Where(run => run.ByVotes.Count > 1)];
        double most = voted.SelectMany(run => run.ByVotes).Select(point => point.X).DefaultIfEmpty(0).Max();
        return voted.Length == 0
            ? null
            : new(
                "Accuracy against votes",
                "How often the majority of that many votes of a comparison is right. A draw is decided by a coin.",
                [
                    ["votes", .. voted.Select(run => run.Name)],
                    .. Enumerable
                        .Range(1, (int)most)
                        .Where(votes => votes % 2 == 1 || votes == (int)most)
                        .Select(votes =>
                            new[] { ReportText.Count(votes) }
                                .Concat(
                                    voted.Select(run =>
                                        run.ByVotes.FirstOrDefault(point => (int)point.X == votes) is { } point
                                            ? ReportText.Percent(point.Value, point.Low, point.High)
                                            : ReportText.Nothing
                                    )
                                )
                                .ToArray()
                        ),
                ]
            );
    }

    /// <summary>A line for each run: how far confidence can be trusted; null without confidences.</summary>
    public static ReportTable? Calibration(IReadOnlyList<RunAnalysis> runs)
    {
        ArgumentNullException.ThrowIfNull(runs);
        return !runs.Any(run => run.Calibration is not null)
            ? null
            : new(
                "Confidence",
                "Calibration error: the mean distance between confidence and the share that is right, in ten bins. Brier "
                    + "score: the mean squared "
                    + "error of the confidence. Risk-coverage area: the mean error rate if the judge answers only where it is "
                    + "most confident. "
                    + "0 is best for all three.",
                Columns([
                    ["run", .. Known(runs).Select(run => run.Name)],
                    ["calibration error", .. Known(runs).Select(run => ReportText.Percent(run.Calibration?.Error.Ece))],
                    ["Brier score", .. Known(runs).Select(run => ReportText.Small(run.Calibration?.Error.Brier))],
                    [
                        "calibration error, calibrated",
                        .. Known(runs).Select(run => ReportText.Percent(run.Calibration?.CalibratedError?.Ece)),
                    ],
                    ["Brier score, calibrated", .. Known(runs).Select(run => ReportText.Small(run.Calibration?.CalibratedError?.Brier))],
                    ["risk-coverage area", .. Known(runs).Select(run => ReportText.Small(run.Calibration?.Aurc))],
                ])
            );

        static IEnumerable<RunAnalysis> Known(IReadOnlyList<RunAnalysis> runs) => runs.Where(run => run.Calibration is not null);
    }

    /// <summary>A line for each run: how many judgments could be given at which risk; null without any.</summary>
    public static ReportTable? Risk(IReadOnlyList<RunAnalysis> runs)
    {
        ArgumentNullException.ThrowIfNull(runs);
        RunAnalysis[] known = [.. runs.Where(run => run.Risk is not null)];
        return known.Length == 0
            ? null
            : new(
                "Risk and coverage",
                "The share of the judgments that could be given if no more than this part of them may be wrong, by the bound of --abstain, "
                    + "on these very judgments. Where the judge abstained: what was promised, the share that was given, and how many of "
                    + "these are wrong.",
                Columns([
                    ["run", .. known.Select(run => run.Name)],
                    .. Risks.Select(risk =>
                        new[] { ReportText.Invariant($"given at {risk:0 %}") }
                            .Concat(known.Select(run => ReportText.Percent(run.Risk?.Curve.At(new(risk))?.Coverage)))
                            .ToArray()
                    ),
                    ["promised", .. known.Select(run => run.Risk?.Promised ?? ReportText.Nothing)],
                    ["given", .. known.Select(run => Abstaining(run) is { } risk ? ReportText.PercentOf(risk.Given) : ReportText.Nothing)],
                    ["wrong", .. known.Select(run => Abstaining(run) is { } risk ? ReportText.PercentOf(risk.Wrong) : ReportText.Nothing)],
                ])
            );

        static RiskAnalysis? Abstaining(RunAnalysis run) => run.Risk is { Promised: not null } risk ? risk : null;
    }

    /// <summary>A line for each pattern of each run; null where no vote has reasoning.</summary>
    public static ReportTable? Patterns(IReadOnlyList<RunAnalysis> runs)
    {
        ArgumentNullException.ThrowIfNull(runs);
        return !runs.Any(run => run.Patterns.Count > 0)
            ? null
            : new(
                "Patterns of reasoning",
                "Share of the votes whose reasoning has a keyword of the pattern. Keywords are a rough measure: a word may "
                    + "be there for another "
                    + "reason.",
                [
                    ["pattern", "run", "all votes", "right votes", "wrong votes", "keywords per 1,000 words"],
                    .. runs.SelectMany(run =>
                        run.Patterns.Select(pattern =>
                            new[]
                            {
                                pattern.Pattern,
                                run.Name,
                                ReportText.Percent(pattern.Votes.Value),
                                ReportText.Percent(pattern.RightVotes.Value),
                                ReportText.Percent(pattern.WrongVotes.Value),
                                ReportText.Invariant($"{pattern.PerThousandWords:0.00}"),
                            }
                        )
                    ),
                ]
            );
    }

    /// <summary>A line for each effect of place and length, and a column for each run; null where nothing was counted.</summary>
    public static ReportTable? Bias(IReadOnlyList<RunAnalysis> runs)
    {
        ArgumentNullException.ThrowIfNull(runs);
        (string Name, CountedShare Share)[][] columns = [.. runs.Select(run => ReportFigures.BiasRows(run.Bias).ToArray())];
        int[] counted = [.. Enumerable.Range(0, columns[0].Length).Where(row => columns.Any(column => column[row].Share.Of > 0))];
        return counted.Length == 0
            ? null
            : new(
                "Place and length",
                "Does the judge prefer the response that is shown first, or the longer one? Shares with 95 % intervals.",
                [
                    ["share of", .. runs.Select(run => run.Name)],
                    .. counted.Select(row =>
                        new[] { columns[0][row].Name }.Concat(columns.Select(column => ReportText.PercentOf(column[row].Share))).ToArray()
                    ),
                ]
            );
    }

    /// <summary>Rows of a table from its columns, without those that say nothing of any run.</summary>
    private static IReadOnlyList<IReadOnlyList<string>> Columns(IReadOnlyList<IReadOnlyList<string>> columns)
    {
        IReadOnlyList<string>[] told = [.. columns.Where(column => column.Skip(1).Any(cell => cell != ReportText.Nothing))];
        return [.. Enumerable.Range(0, told[0].Count).Select(row => told.Select(column => column[row]).ToArray())];
    }

    private static string Answer(FlippedAnswer answer) =>
        answer.Votes.Length == 0 ? answer.Preferred : $"{answer.Preferred} ({answer.Votes})";

    private static string Capital(string text) => text.Length == 0 ? text : char.ToUpperInvariant(text[0]) + text[1..];
}
