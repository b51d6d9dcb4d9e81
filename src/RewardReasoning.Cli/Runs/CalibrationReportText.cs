using System.Globalization;
using RewardReasoning.Calibration;
using RewardReasoning.Evaluation.Calibration;

namespace RewardReasoning.Cli.Runs;

/// <summary>A calibration report as lines for people.</summary>
internal static class CalibrationReportText
{
    public static IEnumerable<string> Lines(CalibrationReport report)
    {
        yield return string.Create(
            CultureInfo.InvariantCulture,
            $"{report.Labelled} labelled judgments of {report.Queries} queries, {report.Accuracy:0.0%} right; {report.Missing} rows "
                + $"missing, {report.Unlabelled} without a label"
        );
        yield return FormattableString.Invariant($"{"", -28}{"before", 8}{"after", 8}  ({report.Folds} folds)");
        yield return FormattableString.Invariant(
            $"{"expected calibration error", -28}{report.Before.Ece, 8:0.0000}{report.After.Ece, 8:0.0000}"
        );
        yield return FormattableString.Invariant($"{"Brier score", -28}{report.Before.Brier, 8:0.0000}{report.After.Brier, 8:0.0000}");
        yield return report.Fit.Map switch
        {
            ConfidenceMap.Temperature temperature => FormattableString.Invariant($"temperature {temperature.Value:0.###}"),
            ConfidenceMap.Isotonic isotonic => "isotonic: "
                + string.Join(
                    ", ",
                    isotonic.Knots.Select(knot => FormattableString.Invariant($"{knot.Confidence:0.###} -> {knot.Value:0.###}"))
                ),
            _ => "",
        };
        yield return "given if no more than this share may be wrong: "
            + string.Join(
                ", ",
                report.CoverageAtRisk.Select(risk =>
                    risk.Value is { } coverage ? FormattableString.Invariant($"{risk.Key}: {coverage:0.0%}") : $"{risk.Key}: none"
                )
            )
            + " (--abstain)";
        if (report.FirstStage is { } first)
        {
            yield return $"decided by the first stage ({first.Name}) if no more than this share of accuracy may be lost: "
                + string.Join(
                    ", ",
                    first.DecidedAtLoss.Select(loss =>
                        loss.Value is { } share ? FormattableString.Invariant($"{loss.Key}: {share:0.0%}") : $"{loss.Key}: none"
                    )
                )
                + " (--quick-loss)";
        }
    }
}
