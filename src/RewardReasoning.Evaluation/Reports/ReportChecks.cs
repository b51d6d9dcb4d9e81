using RewardReasoning.Evaluation.Benchmarks;
using RewardReasoning.Evaluation.Running;

namespace RewardReasoning.Evaluation.Reports;

/// <summary>The checks of a report. A verdict that is missing counts as wrong: it must not help a run past a check.</summary>
internal static class ReportChecks
{
    /// <summary>A run is worse only if chance alone would make so large a difference less often than this.</summary>
    private const double Level = 0.05;

    /// <summary>Checks runs; the baseline, if there is one, is the first of them and is not checked itself.</summary>
    /// <exception cref="RunException">A run has nothing that can be checked.</exception>
    public static IReadOnlyList<ReportCheck> Of(IReadOnlyList<ReportedRun> runs, ReportOptions options)
    {
        List<ReportCheck> checks = [];
        foreach (ReportedRun run in options.Baseline is null ? runs : runs.Skip(1))
        {
            if (options.FailBelow is { } least)
            {
                checks.Add(Below(run, least, options.ByLowerEnd));
            }

            if (options.Baseline is not null)
            {
                checks.Add(Worse(run, runs[0]));
            }
        }

        return checks;
    }

    /// <summary>Whether a share reaches a threshold.</summary>
    public static bool Reaches(MeasuredShare measured, double least, bool byLowerEnd) =>
        (byLowerEnd ? Math.Min(measured.Low ?? measured.Value, measured.Value) : measured.Value) >= least;

    private static ReportCheck Below(ReportedRun run, double least, bool byLowerEnd)
    {
        MeasuredShare measured =
            run.Measured
            ?? throw new RunException(
                $"'{run.Name}' has no share of right verdicts that --fail-below could check: it is a run of kind {run.Kind}"
                    + (run.Kind == "score" ? " without labels." : ".")
            );
        bool reaches = Reaches(measured, least, byLowerEnd);
        string what = byLowerEnd
            ? $"the lower end of the 95 % interval, {ReportText.Percent(measured.Low)},"
            : $"the main figure, {ReportText.Percent(measured.Value)},";
        string missing =
            measured.Missing > 0
                ? $" {ReportText.Count(measured.Missing, "missing verdict counts", "missing verdicts count")} as wrong."
                : "";
        return new ReportCheck(
            run.Name,
            "fail-below",
            reaches,
            $"{(reaches ? "Passed" : "Failed")}: {run.Name}: {what} is {(reaches ? "not below" : "below")} "
                + $"{ReportText.Percent(least)}.{missing}"
        );
    }

    private static ReportCheck Worse(ReportedRun run, ReportedRun baseline)
    {
        RunComparison comparison =
            (run as JudgedRun)?.Analysis.Comparison
            ?? throw new RunException(
                $"'{run.Name}' and '{baseline.Name}' cannot be compared item by item: --fail-if-worse-than needs two runs of "
                    + "one benchmark, or "
                    + "two scored files with labels, that have items in common."
            );
        bool worse = comparison.Difference < 0 && comparison.PermutationP < Level;
        return new ReportCheck(
            run.Name,
            "fail-if-worse-than",
            !worse,
            $"{(worse ? "Failed" : "Passed")}: {run.Name} is {(worse ? "" : "not ")}worse than {baseline.Name} beyond chance: "
                + $"{ReportText.Points(comparison.Difference)} percentage points over "
                + $"{ReportText.Count(comparison.Items, "common item", "common items")}, "
                + $"{ReportText.P(comparison.PermutationP)}. It would be worse with a difference below 0 and p below 0.05 in a "
                + "paired permutation test over rows."
                + (
                    comparison.Unmatched > 0
                        ? $" {ReportText.Count(comparison.Unmatched, "item is", "items are")} in one run only and not compared."
                        : ""
                )
        );
    }
}
