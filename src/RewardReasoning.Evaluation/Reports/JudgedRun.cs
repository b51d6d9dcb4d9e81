using System.Globalization;
using RewardReasoning.Evaluation.Benchmarks;

namespace RewardReasoning.Evaluation.Reports;

/// <summary>A run of comparisons or of a best-of-n benchmark, or the pairs of a scored file.</summary>
internal sealed record JudgedRun : ReportedRun
{
    private const double MostCut = 0.01;

    /// <summary>What the run shows.</summary>
    public required RunAnalysis Analysis { get; init; }

    /// <summary>Its items as test cases.</summary>
    public required IReadOnlyList<ReportCase> Items { get; init; }

    private BenchmarkReport Report => Analysis.Report;

    private BenchmarkFigure Figure => Report.Overall.Figures[0];

    public override string Kind => Report.Benchmark == ScoredFileSource.Definition.Name ? "score" : "bench";

    public override IReadOnlyList<string> Result =>
        [
            .. Figure.Value is null ? Unlabelled()
            : Analysis.Choices is { } choices ? Chosen(choices)
            : Report.Overall.Figures[0].Name == "best_of_n" ? Chosen(null)
            : Right(),
            .. Missing(),
            .. Compared(),
        ];

    public override IReadOnlyList<string> Warnings =>
        [
            .. Analysis.CutVotes is { Value: > MostCut } cut
                ?
                [
                    $"{ReportText.Percent(cut.Value)} of the votes ({ReportText.Count(cut.Count)} of "
                        + $"{ReportText.Count(cut.Of)}) were cut at the token "
                        + $"limit before a verdict. Raise --max-tokens{Now}, or close the reasoning in time with --thinking-budget.",
                ]
                : Array.Empty<string>(),
            .. Facts.Complete == false ? ["The run was stopped early; these are the rows that it had written."] : Array.Empty<string>(),
        ];

    public override ReportFigure? MainFigure => ReportFigures.Choices(Analysis) ?? ReportFigures.Main(Analysis);

    public override ReportTable MainTable => ReportTables.Overview([Analysis]);

    public override IReadOnlyList<ReportCase> Cases => Items;

    /// <summary>A missing verdict counts as wrong here: it must not help a run over a threshold.</summary>
    public override MeasuredShare? Measured =>
        Figure.Value is not { } value
            ? null
            : new MeasuredShare(
                Report.Overall.Section,
                Math.Min(value, Analysis.Main?.AllWrong ?? value),
                Figure.Low,
                Report.Overall.Missing
            );

    /// <summary>The measured shares of the sections, and of all items last.</summary>
    public IReadOnlyList<MeasuredShare> Sections =>
        [
            .. Report
                .Sections.Where(section => section.Figures[0].Value is not null)
                .Select(section => new MeasuredShare(
                    section.Section,
                    section.Figures[0].Value ?? 0,
                    section.Figures[0].Low,
                    section.Missing
                )),
            .. Measured is { } all ? [all] : Array.Empty<MeasuredShare>(),
        ];

    private string Now => Report.Judging is { MaxTokens: > 0 } judging ? $" (now {ReportText.Count(judging.MaxTokens)})" : "";

    private IEnumerable<string> Right()
    {
        int scored = Report.Overall.Items - Analysis.Unlabelled;
        string pairs =
            Kind == "score"
                ? $"the {ReportText.Count(scored - MissingItems)} judged rows with a label"
                : ReportText.Count(scored, "pair", "pairs");
        if (Kind == "score" || Meaning == Benchmarks.Definitions.Scoring.Accuracy.Meaning)
        {
            yield return $"{Report.Judge} is right on {ReportText.Percent(Figure.Value)} of {pairs}{Interval}.";
        }
        else
        {
            yield return $"{Report.Judge} scores {ReportText.Percent(Figure.Value)} on {Report.Benchmark}{Interval}, over "
                + $"{ReportText.Count(scored, "comparison", "comparisons")}"
                + $"{(Meaning is { } meaning ? $"; the score is the {meaning}" : "")}.";
        }
    }

    private string Interval =>
        Figure is { Low: { } low, High: { } high } ? ReportText.Invariant($" (95 % interval {low * 100:0.0} to {high * 100:0.0})") : "";

    private string? Meaning =>
        BenchmarkCatalog.All.FirstOrDefault(benchmark => benchmark.Name == Report.Benchmark)?.FigureMeanings.GetValueOrDefault(Figure.Name);

    private IEnumerable<string> Chosen(ChoiceAnalysis? choices)
    {
        double? Of(string name) => Report.Overall.Figures.FirstOrDefault(figure => figure.Name == name)?.Value;
        yield return $"The response that {Report.Judge} chose is right for {ReportText.Percent(Figure.Value)} of "
            + $"{ReportText.Count(Report.Overall.Items, "query", "queries")}{Interval}.";
        yield return $"A response at random would be right for {ReportText.Percent(Of("random") ?? choices?.Random)}, one with the most "
            + "frequent answer for "
            + $"{ReportText.Percent(Of("majority") ?? choices?.Majority)}, and the best possible choice for "
            + $"{ReportText.Percent(Of("oracle") ?? choices?.Oracle)}.";
    }

    private IEnumerable<string> Unlabelled()
    {
        CountedShare longer = Analysis.Bias.Longer;
        yield return $"{Report.Judge} judged {ReportText.Count(Report.Overall.Items - Report.Overall.Missing)} of "
            + $"{ReportText.Count(Report.Overall.Items, "row", "rows")}; the rows have no labels, so nothing can be right or wrong.";
        if (longer.Of > 0)
        {
            yield return $"It preferred the longer response in {ReportText.SaidOf(longer.Count, longer.Of)} of "
                + $"{ReportText.Count(longer.Of)} comparisons.";
        }
    }

    private int MissingItems => Analysis.Main?.Missing ?? Report.Overall.Missing;

    private IEnumerable<string> Missing()
    {
        if (MissingItems == 0)
        {
            yield break;
        }

        string have = MissingItems == 1 ? "1 has no verdict" : $"{ReportText.Count(MissingItems)} have no verdict";
        if (Analysis.Main is not { AllWrong: { } wrong, AllRight: { } right })
        {
            yield return $"{have}.";
            yield break;
        }

        string counted =
            Figure.Value is { } value && Math.Abs(value - wrong) < 1e-12 ? $" and {(MissingItems == 1 ? "counts" : "count")} as wrong" : "";
        yield return string.Create(
            CultureInfo.InvariantCulture,
            $"{have}{counted}: the figure would be between {wrong * 100:0.0} % and {right * 100:0.0} % if all of these were "
                + $"wrong or all were right."
        );
    }

    private IEnumerable<string> Compared()
    {
        if (Analysis.Comparison is { } comparison)
        {
            yield return ComparisonText.Of(comparison);
        }
    }
}

/// <summary>A comparison of two runs in words.</summary>
internal static class ComparisonText
{
    /// <summary>One sentence: the difference, its interval, the flips and the p-value.</summary>
    public static string Of(RunComparison comparison)
    {
        string more =
            comparison.Difference == 0
                ? "are right equally often"
                : string.Create(
                    CultureInfo.InvariantCulture,
                    $"differ by {Math.Abs(comparison.Difference) * 100:0.0} percentage points in favour of "
                        + $"{(comparison.Difference > 0 ? comparison.First : comparison.Second)}"
                );
        return $"On the {ReportText.Count(comparison.Items, "item", "items")} that both hold, {comparison.First} and "
            + $"{comparison.Second} {more} "
            + $"(95 % interval of {comparison.First} minus {comparison.Second}: {ReportText.Points(comparison.Low)} to "
            + $"{ReportText.Points(comparison.High)}; {ReportText.P(comparison.PermutationP)}): "
            + $"{ReportText.Count(comparison.OnlyFirstRight)} only {comparison.First} has right, "
            + $"{ReportText.Count(comparison.OnlySecondRight)} only {comparison.Second}.";
    }
}
