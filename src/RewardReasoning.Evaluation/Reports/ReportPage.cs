using RewardReasoning.Ratings;

namespace RewardReasoning.Evaluation.Reports;

/// <summary>
/// A report as one HTML file that needs nothing beside it: no script, no font, no address. It allows itself to load nothing, so that text
/// from models and data, which is escaped throughout, could not either.
/// </summary>
internal static class ReportPage
{
    private const int MostOpenFlips = 10;
    private const string Policy = "default-src 'none'; img-src data:; style-src 'unsafe-inline'";

    private static readonly Lazy<string> LazyStyle = new(() =>
    {
        using Stream stream =
            typeof(ReportPage).Assembly.GetManifestResourceStream("report.css")
            ?? throw new InvalidOperationException("The report's style is missing from the assembly.");
        using StreamReader reader = new(stream);
        return reader.ReadToEnd();
    });

    /// <summary>The figures of the page, in its order.</summary>
    public static IReadOnlyList<ReportFigure> FiguresOf(IReadOnlyList<ReportedRun> runs)
    {
        ArgumentNullException.ThrowIfNull(runs);
        RunAnalysis[] analyses = Analyses(runs);
        return
        [
            .. runs.Where(run => run is not JudgedRun)
                .Select(run => (run.Name, run.MainFigure))
                .Concat(runs.OfType<JudgedRun>().Where(run => run.Analysis.Choices is null).Select(run => (run.Name, run.MainFigure)))
                .Where(run => run.MainFigure is not null)
                .Select(run =>
                    run.MainFigure is { } figure
                        ? figure with
                        {
                            Name = $"{figure.Name}-{run.Name}",
                            Caption = runs.Count > 1 ? $"{run.Name}: {figure.Caption}" : figure.Caption,
                        }
                        : null
                )
                .OfType<ReportFigure>(),
            .. runs.Count > 1 && ReportFigures.Main(analyses) is { } beside ? [beside] : Array.Empty<ReportFigure>(),
            .. VotingFigures(analyses),
            .. analyses.Select(ReportFigures.Choices).OfType<ReportFigure>(),
            .. new[] { ReportFigures.Calibration(analyses), ReportFigures.Risk(analyses) }.OfType<ReportFigure>(),
            .. analyses.Select(ReportFigures.Bias).OfType<ReportFigure>(),
        ];
    }

    /// <summary>The page of one or several runs.</summary>
    /// <param name="title">Its title.</param>
    /// <param name="runs">The runs.</param>
    /// <param name="checks">What was checked of them; none if empty.</param>
    public static string Of(string title, IReadOnlyList<ReportedRun> runs, IReadOnlyList<ReportCheck> checks)
    {
        ArgumentNullException.ThrowIfNull(title);
        ArgumentNullException.ThrowIfNull(runs);
        ArgumentNullException.ThrowIfNull(checks);
        Page page = new();
        Result(page, runs, checks);
        Facts(page, runs);
        Details(page, runs);
        HtmlText main = new();
        main.Element(
            "main",
            body =>
            {
                body.Element("h1", title);
                body.Append(page.Top);
                body.Contents(page.Headings);
                body.Append(page.Body);
            }
        );
        return $"""
            <!DOCTYPE html>
            <html lang="en">
            <head>
            <meta charset="utf-8">
            <meta name="viewport" content="width=device-width, initial-scale=1">
            <meta name="color-scheme" content="light dark">
            <meta http-equiv="Content-Security-Policy" content="{Policy}">
            <title>{HtmlText.Escape(title)}</title>
            <style>
            {LazyStyle.Value}</style>
            </head>
            <body>
            {main}</body>
            </html>

            """;
    }

    /// <summary>What came out, in words, and the figure that shows it.</summary>
    private static void Result(Page page, IReadOnlyList<ReportedRun> runs, IReadOnlyList<ReportCheck> checks)
    {
        HtmlText top = page.Top;
        foreach (ReportedRun run in runs)
        {
            if (runs.Count > 1)
            {
                top.Heading(2, run.Name);
            }

            top.Element("p", string.Join(' ', run.Result).Replace(" %", "\u00a0%", StringComparison.Ordinal), "result");
            foreach (string warning in run.Warnings)
            {
                top.Note(warning);
            }
        }

        foreach (ReportCheck check in checks)
        {
            top.Element("p", check.Says, check.Passed ? "check passed" : "check failed");
        }

        RunAnalysis[] analyses = Analyses(runs);
        ReportFigure?[] figures =
            runs.Count == 1 ? [runs[0].MainFigure]
            : analyses.Length == runs.Count && ReportFigures.Main(analyses) is { } beside ? [beside]
            : [.. runs.Select(run => run.MainFigure)];
        Figures(top, [.. figures.OfType<ReportFigure>()]);
    }

    private static void Facts(Page page, IReadOnlyList<ReportedRun> runs)
    {
        page.Heading("How it was made");
        foreach (ReportedRun run in runs)
        {
            if (runs.Count > 1)
            {
                page.Body.Heading(3, run.Name);
            }

            page.Body.Facts(run.Facts.Rows);
        }
    }

    private static void Details(Page page, IReadOnlyList<ReportedRun> runs)
    {
        RunAnalysis[] analyses = Analyses(runs);
        if (analyses.Length > 0)
        {
            page.Heading("Figures");
            Explained(page.Body, ReportTables.Overview(analyses));
            Tables(
                page.Body,
                [
                    .. analyses.Select(ReportTables.Sections),
                    ReportTables.SimpleRules(analyses),
                    .. analyses.Select(run => ReportTables.Missing(run.Name, run.Missing)),
                    .. analyses.Select(ReportTables.Jury),
                ]
            );
            Comparisons(page, analyses);
        }

        foreach (ReportedRun run in runs.Where(run => run is not JudgedRun))
        {
            page.Heading(runs.Count > 1 ? $"{run.Name}: {run.MainTable.Title}" : run.MainTable.Title);
            Explained(page.Body, run.MainTable);
            Tables(page.Body, run.Details);
        }

        Voting(page, analyses);
        foreach (RunAnalysis run in analyses)
        {
            if (ReportTables.Choices(run) is { } choices)
            {
                page.Heading(choices.Title);
                Figures(page.Body, runs.Count > 1 ? [.. new[] { ReportFigures.Choices(run) }.OfType<ReportFigure>()] : []);
                Explained(page.Body, choices);
            }
        }

        Section(page, ReportTables.Calibration(analyses), ReportFigures.Calibration(analyses));
        Section(page, ReportTables.Risk(analyses), ReportFigures.Risk(analyses));
        if (analyses.Length > 0 && ReportTables.Bias(analyses) is { } bias)
        {
            Section(page, bias, [.. analyses.Select(ReportFigures.Bias)]);
        }

        Section(page, ReportTables.Patterns(analyses));
        foreach (ProbeRun run in runs.OfType<ProbeRun>().Where(run => run.Examples.Count > 0))
        {
            page.Heading($"{run.Name}: flipped verdicts to read");
            foreach (ProbeExample example in run.Examples)
            {
                Example(page.Body, example);
            }
        }

        foreach (RunAnalysis run in analyses.Where(run => run.Examples.Count > 0))
        {
            page.Heading($"{run.Name}: judgments to read");
            foreach (ExampleJudgment example in run.Examples)
            {
                page.Body.Element("div", shown => Example(shown, example), "example");
            }
        }
    }

    private static void Comparisons(Page page, IReadOnlyList<RunAnalysis> runs)
    {
        if (ReportTables.Comparisons(runs) is not { } comparisons)
        {
            return;
        }

        page.Heading(comparisons.Title);
        Explained(page.Body, comparisons);
        foreach (RunAnalysis run in runs)
        {
            if (ReportTables.Flips(run) is not { } flips || run.Comparison is not { } comparison)
            {
                continue;
            }

            page.Body.Element("h3", flips.Title);
            page.Body.Element("p", flips.Explanation);
            Folded(
                page.Body,
                $"{ReportText.Count(run.Flips.Count, "item", "items")}: {run.Flips.Count(flip => flip.IsGained)} now right, "
                    + $"{run.Flips.Count(flip => !flip.IsGained)} no longer right",
                isOpen: run.Flips.Count <= MostOpenFlips,
                list => list.Table(flips.Title, flips.Rows)
            );
            foreach (FlippedItem flip in run.Flips.Where(flip => flip.Texts.Count > 0))
            {
                Folded(
                    page.Body,
                    $"{flip.Id}: {(flip.IsGained ? "now right" : "no longer right")}",
                    isOpen: false,
                    details =>
                    {
                        Texts(details, flip.Texts);
                        Answer(details, comparison.Second, flip.Before);
                        Answer(details, comparison.First, flip.Now);
                    }
                );
            }
        }
    }

    private static void Folded(HtmlText body, string summary, bool isOpen, Action<HtmlText> content) =>
        body.Details(
            isOpen,
            details =>
            {
                details.Element("summary", summary);
                content(details);
            }
        );

    private static void Answer(HtmlText body, string run, FlippedAnswer answer)
    {
        body.Element("p", $"{run} preferred {answer.Preferred}{(answer.Votes.Length > 0 ? $": {answer.Votes}" : "")}.");
        if (answer.Reasoning.Length > 0)
        {
            body.Element("pre", answer.Reasoning);
        }
    }

    private static void Voting(Page page, IReadOnlyList<RunAnalysis> runs)
    {
        ReportFigure[] figures = VotingFigures(runs);
        ReportTable? table = ReportTables.Votes(runs);
        if (figures.Length == 0 && table is null)
        {
            return;
        }

        page.Heading("Votes and reasoning");
        if (runs.Any(run => run.VotesDiffer))
        {
            page.Body.Element(
                "p",
                "Some comparisons have fewer votes than others because voting ended early. Those were the clear ones, so the curve "
                    + "by votes is of the votes that were cast, and not of equally many from every comparison."
            );
        }

        Figures(page.Body, figures);
        if (table is not null)
        {
            Table(page.Body, table);
        }
    }

    private static ReportFigure[] VotingFigures(IReadOnlyList<RunAnalysis> runs) =>
        [.. new[] { ReportFigures.Votes(runs), ReportFigures.ReasoningTokens(runs), ReportFigures.Budgets(runs) }.OfType<ReportFigure>()];

    private static void Example(HtmlText body, ExampleJudgment example)
    {
        string confidence = example.Confidence is { } value ? $" with a confidence of {ReportText.Percent(value)}" : "";
        body.Element("h3", example.Why);
        body.Element(
            "p",
            $"Right is {Describe(example.Gold)}; the judge prefers {Describe(example.Preferred)}{confidence}. "
                + $"Votes: {ExampleJudgment.Describe(example.Votes)}."
        );
        Texts(body, [new("Query", example.Query), new("First response", example.Response1), new("Second response", example.Response2)]);
        if (example.Reasoning.Length + example.Answer.Length > 0)
        {
            string shown = example.Order switch
            {
                ShownOrder.Given => " (the first response is its Assistant 1)",
                ShownOrder.Swapped => " (the second response is its Assistant 1)",
                _ => "",
            };
            Folded(
                body,
                $"One vote{shown}",
                isOpen: false,
                details =>
                {
                    if (example.Reasoning.Length > 0)
                    {
                        details.Element("pre", example.Reasoning);
                    }

                    details.Element("pre", example.Answer.Length > 0 ? example.Answer : "(the answer was not kept)");
                }
            );
        }
    }

    private static void Example(HtmlText body, ProbeExample example) =>
        Folded(
            body,
            $"{example.Probe}, pair {example.Id}",
            isOpen: false,
            details =>
            {
                Texts(details, example.Texts);
                details.Element("p", $"Votes: {example.Votes}.");
                if (example.Reasoning.Length > 0)
                {
                    details.Element("pre", example.Reasoning);
                }
            }
        );

    private static void Texts(HtmlText body, IEnumerable<NamedText> texts)
    {
        foreach (NamedText text in texts)
        {
            body.Element("p", text.Name, "label").Element("pre", text.Text.Length == 0 ? "(empty)" : text.Text);
        }
    }

    private static void Section(Page page, ReportTable? table, params ReportFigure?[] figures)
    {
        if (table is not null)
        {
            page.Heading(table.Title);
            Figures(page.Body, [.. figures.OfType<ReportFigure>()]);
            Explained(page.Body, table);
        }
    }

    private static void Tables(HtmlText body, IEnumerable<ReportTable?> tables)
    {
        foreach (ReportTable table in tables.OfType<ReportTable>())
        {
            body.Element("h3", table.Title);
            Explained(body, table);
        }
    }

    private static void Table(HtmlText body, ReportTable table)
    {
        body.Element("h3", table.Title);
        Explained(body, table);
    }

    private static void Explained(HtmlText body, ReportTable table)
    {
        if (table.Explanation.Length > 0)
        {
            body.Element("p", table.Explanation);
        }

        body.Table(table.Title, table.Rows);
    }

    private static void Figures(HtmlText body, ReportFigure[] figures)
    {
        if (figures.Length > 0)
        {
            body.Element(
                "div",
                grid =>
                {
                    foreach (ReportFigure figure in figures)
                    {
                        grid.Figure(figure.Figure.ToSvg(), figure.Figure.Description, figure.Caption);
                    }
                },
                "figures"
            );
        }
    }

    private static RunAnalysis[] Analyses(IReadOnlyList<ReportedRun> runs) => [.. runs.OfType<JudgedRun>().Select(run => run.Analysis)];

    private static string Describe(MatchOutcome outcome) =>
        outcome switch
        {
            MatchOutcome.First => "the first",
            MatchOutcome.Second => "the second",
            MatchOutcome.Abstained => "neither (it abstained)",
            MatchOutcome.Tie => "neither",
            _ => "not known",
        };

    /// <summary>A page that is being written: its top, and sections with headings that are linked to.</summary>
    private sealed class Page
    {
        private readonly List<(string Id, string Title)> _headings = [];

        public HtmlText Top { get; } = new();

        public HtmlText Body { get; } = new();

        public IReadOnlyList<(string Id, string Title)> Headings => _headings;

        public void Heading(string title)
        {
            string id = ReportText.Invariant($"section-{_headings.Count + 1}");
            _headings.Add((id, title));
            Body.Heading(2, title, id);
        }
    }
}
