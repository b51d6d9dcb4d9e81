using RewardReasoning.Ratings;

namespace RewardReasoning.Evaluation.Reports;

/// <summary>
/// A report as one HTML file that needs nothing beside it: no script, no font, no address. It allows itself to load nothing, so that text
/// from models and data, which is escaped throughout, could not either.
/// </summary>
internal static class ReportPage
{
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
    public static IReadOnlyList<ReportFigure> FiguresOf(IReadOnlyList<RunAnalysis> runs)
    {
        ArgumentNullException.ThrowIfNull(runs);
        return
        [
            .. new[] { ReportFigures.Votes(runs), ReportFigures.ThoughtTokens(runs), ReportFigures.Budgets(runs) }.OfType<ReportFigure>(),
            .. runs.Select(ReportFigures.Choices).OfType<ReportFigure>(),
            .. new[] { ReportFigures.Calibration(runs) }.OfType<ReportFigure>(),
            .. runs.Select(ReportFigures.Bias).OfType<ReportFigure>(),
        ];
    }

    /// <summary>The page of one or several runs.</summary>
    public static string Of(string title, IReadOnlyList<RunAnalysis> runs)
    {
        ArgumentNullException.ThrowIfNull(title);
        ArgumentNullException.ThrowIfNull(runs);
        HtmlText body = new();
        body.Element("h1", title);
        Overview(body, runs);
        Votes(body, runs);
        foreach (RunAnalysis run in runs.Where(run => run.Choices is not null))
        {
            Choices(body, run);
        }

        Confidence(body, runs);
        Bias(body, runs);
        Patterns(body, runs);
        foreach (RunAnalysis run in runs.Where(run => run.Examples.Count > 0))
        {
            Examples(body, run);
        }

        return $"""
            <!DOCTYPE html>
            <html lang="en">
            <head>
            <meta charset="utf-8">
            <meta name="viewport" content="width=device-width, initial-scale=1">
            <meta http-equiv="Content-Security-Policy" content="{Policy}">
            <title>{HtmlText.Escape(title)}</title>
            <style>
            {LazyStyle.Value}</style>
            </head>
            <body>
            {body}</body>
            </html>

            """;
    }

    private static void Overview(HtmlText body, IReadOnlyList<RunAnalysis> runs)
    {
        body.Element("h2", "Runs");
        body.Element(
            "p",
            "The main figure is the benchmark's own, with a 95% bootstrap interval, in percent. Thought is the mean number of "
                + "tokens a vote."
        );
        body.Table(ReportTables.Overview(runs));
        if (ReportTables.Comparisons(runs) is { Count: > 0 } comparisons)
        {
            body.Element("h3", "Runs of one benchmark against each other");
            body.Element(
                "p",
                "What the items that both runs hold add to the main figure: the difference in points with a paired bootstrap "
                    + "interval over rows, and McNemar's exact test on those that only one of them got right."
            );
            body.Table(comparisons);
        }

        foreach (RunAnalysis run in runs.Where(run => run.Report.Sections.Count > 0 || run.Report.Overall.Figures.Count > 1))
        {
            body.Element("h3", $"{run.Name}, by section");
            body.Table(ReportTables.Sections(run.Report));
        }
    }

    private static void Votes(HtmlText body, IReadOnlyList<RunAnalysis> runs)
    {
        ReportFigure[] figures =
        [
            .. new[] { ReportFigures.Votes(runs), ReportFigures.ThoughtTokens(runs), ReportFigures.Budgets(runs) }.OfType<ReportFigure>(),
        ];
        if (figures.Length == 0)
        {
            return;
        }

        body.Element("h2", "Votes and thinking");
        if (runs.Any(run => run.VotesDiffer))
        {
            body.Element(
                "p",
                "Some comparisons have fewer votes than others, because voting ended early: those were the clear ones, so the curve "
                    + "by votes is of these votes, and not of as many from everyone."
            );
        }

        Figures(body, figures);
        if (ReportTables.Votes(runs) is { Count: > 0 } table)
        {
            body.Table(table);
        }
    }

    private static void Choices(HtmlText body, RunAnalysis run)
    {
        body.Element("h2", $"{run.Name}: choosing among candidates");
        body.Element(
            "p",
            "Over the queries that something hangs on: those with right and wrong responses. A knockout's curve has a point for each "
                + "round: the share of right ones among the responses still in the bracket."
        );
        Figures(body, [.. new[] { ReportFigures.Choices(run) }.OfType<ReportFigure>()]);
        if (run.Choices is { } choices)
        {
            body.Table(ReportTables.Choices(choices));
        }
    }

    private static void Confidence(HtmlText body, IReadOnlyList<RunAnalysis> runs)
    {
        if (ReportFigures.Calibration(runs) is { } figure)
        {
            body.Element("h2", "Confidence");
            Figures(body, [figure]);
            body.Table(ReportTables.Calibration(runs));
        }
    }

    private static void Bias(HtmlText body, IReadOnlyList<RunAnalysis> runs)
    {
        ReportFigure[] figures = [.. runs.Select(ReportFigures.Bias).OfType<ReportFigure>()];
        if (figures.Length > 0)
        {
            body.Element("h2", "Place and length");
            Figures(body, figures);
            body.Table(ReportTables.Bias(runs));
        }
    }

    private static void Patterns(HtmlText body, IReadOnlyList<RunAnalysis> runs)
    {
        if (runs.Any(run => run.Patterns.Count > 0))
        {
            body.Element("h2", "Patterns of reasoning");
            body.Element(
                "p",
                "Share of votes whose thought has a keyword of the pattern. Keywords are a rough measure: a word may be there for "
                    + "another reason."
            );
            body.Table(ReportTables.Patterns(runs));
        }
    }

    private static void Examples(HtmlText body, RunAnalysis run)
    {
        body.Element("h2", $"{run.Name}: judgments to read");
        foreach (ExampleJudgment example in run.Examples)
        {
            body.Element("div", shown => Example(shown, example), "example");
        }
    }

    private static void Example(HtmlText body, ExampleJudgment example)
    {
        string confidence = example.Confidence is { } value ? FormattableString.Invariant($", confidence {value:0.00}") : "";
        body.Element("h3", example.Why);
        body.Element(
            "p",
            $"Right: {Describe(example.Gold)}. Preferred: {Describe(example.Preferred)}{confidence}. Votes: {example.Votes[0]} for "
                + $"the first, {example.Votes[1]} for the second, {example.Votes[2]} without a verdict."
        );
        foreach (
            (string name, string text) in new[]
            {
                ("Query", example.Query),
                ("First response", example.Response1),
                ("Second response", example.Response2),
            }
        )
        {
            body.Element("strong", name).Element("pre", text.Length == 0 ? "(empty)" : text);
        }

        if (example.Reasoning.Length + example.Answer.Length > 0)
        {
            string shown = example.Order switch
            {
                ShownOrder.Given => " (shown the first response as Assistant 1)",
                ShownOrder.Swapped => " (shown the second response as Assistant 1)",
                _ => "",
            };
            body.Element(
                "details",
                details =>
                {
                    details.Element("summary", $"One vote{shown}");
                    details
                        .Element("pre", example.Reasoning.Length == 0 ? "(no reasoning)" : example.Reasoning)
                        .Element("pre", example.Answer);
                }
            );
        }
    }

    private static void Figures(HtmlText body, IReadOnlyList<ReportFigure> figures) =>
        body.Element(
            "div",
            grid =>
            {
                foreach (ReportFigure figure in figures)
                {
                    grid.Figure(figure.Figure.ToSvg(), figure.Caption);
                }
            },
            "figures"
        );

    private static string Describe(MatchOutcome outcome) =>
        outcome switch
        {
            MatchOutcome.First => "the first",
            MatchOutcome.Second => "the second",
            MatchOutcome.Tie => "neither",
            _ => "not known",
        };
}
