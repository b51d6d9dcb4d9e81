using System.Globalization;
using RewardReasoning.Cli.Output;
using RewardReasoning.Evaluation.Benchmarks;

namespace RewardReasoning.Cli.Runs;

/// <summary>Reports of benchmarks as lines for people.</summary>
internal static class BenchmarkReportText
{
    /// <summary>One judge: a line for each section, each figure with its interval.</summary>
    public static IEnumerable<string> Lines(BenchmarkReport report)
    {
        yield return $"{report.Benchmark}: {report.Judge}";
        string[][] rows =
        [
            ["section", "n", "missing", .. report.Overall.Figures.Select(figure => figure.Name)],
            .. report
                .Sections.Append(report.Overall)
                .Select(section =>
                    new[]
                    {
                        section.Section,
                        FormattableString.Invariant($"{section.Items}"),
                        FormattableString.Invariant($"{section.Missing}"),
                    }
                        .Concat(section.Figures.Select(WithInterval))
                        .ToArray()
                ),
        ];
        foreach (string line in TextTable.Lines(rows))
        {
            yield return line;
        }

        if (report.Overall is { Abstained: > 0 and int abstained } overall)
        {
            int answered = overall.Items - overall.Missing;
            yield return string.Create(
                CultureInfo.InvariantCulture,
                $"the judge abstained from {abstained} of {answered} comparisons; of the {answered - abstained} given "
                    + $"{(overall.GivenRisk is { } risk ? FormattableString.Invariant($"{risk:0.0%}") : "-")} are wrong"
            );
        }

        if (report.Consistency is { } consistency)
        {
            yield return string.Create(
                CultureInfo.InvariantCulture,
                $"the same answer in both orders: {consistency:0.0%}; bias to the response shown first: "
                    + $"{report.PositionBias:+0.000;-0.000;0.000}"
            );
        }

        if (report.Usage.OutputTokens > 0)
        {
            string before = report.Usage.KeptCost is > 0 and { } kept
                ? FormattableString.Invariant($", of it {kept:0.####} spent before")
                : "";
            string cost = report.Usage.Cost is { } price ? FormattableString.Invariant($"; cost {price:0.####}{before}") : "";
            yield return FormattableString.Invariant(
                $"tokens: {report.Usage.PromptTokens} read, {report.Usage.OutputTokens} written{cost}"
            );
        }
    }

    /// <summary>Several judges: a line for each, with its overall figures.</summary>
    public static IEnumerable<string> Lines(IReadOnlyList<BenchmarkReport> reports)
    {
        string[][] rows =
        [
            [reports[0].Benchmark, "n", "missing", .. reports[0].Overall.Figures.Select(figure => figure.Name)],
            .. reports.Select(report =>
                new[]
                {
                    report.Judge,
                    FormattableString.Invariant($"{report.Overall.Items}"),
                    FormattableString.Invariant($"{report.Overall.Missing}"),
                }
                    .Concat(report.Overall.Figures.Select(WithInterval))
                    .ToArray()
            ),
        ];
        return TextTable.Lines(rows);
    }

    /// <summary>Two judges compared.</summary>
    public static IEnumerable<string> Lines(RunComparison comparison)
    {
        yield return FormattableString.Invariant(
            $"{comparison.Benchmark}, {comparison.Items} common items ({comparison.Unmatched} in one run only)"
        );
        yield return FormattableString.Invariant($"{comparison.First}: {comparison.FirstScore:0.0%}");
        yield return FormattableString.Invariant($"{comparison.Second}: {comparison.SecondScore:0.0%}");
        yield return string.Create(
            CultureInfo.InvariantCulture,
            $"difference {comparison.Difference * 100:+0.0;-0.0;0.0} points (95% interval {comparison.Low * 100:+0.0;-0.0;0.0} to "
                + $"{comparison.High * 100:+0.0;-0.0;0.0}, paired bootstrap)"
        );
        yield return string.Create(
            CultureInfo.InvariantCulture,
            $"right alone: {comparison.OnlyFirstRight} against {comparison.OnlySecondRight} (McNemar p "
                + $"{(comparison.McNemarP < 0.001 ? "< 0.001" : FormattableString.Invariant($"= {comparison.McNemarP:0.000}"))})"
        );
    }

    private static string WithInterval(BenchmarkFigure figure) =>
        figure switch
        {
            { Value: null } => "-",
            { Low: { } low, High: { } high } => FormattableString.Invariant(
                $"{figure.Value * 100:0.0} ({low * 100:0.0} to {high * 100:0.0})"
            ),
            _ => FormattableString.Invariant($"{figure.Value * 100:0.0}"),
        };
}
