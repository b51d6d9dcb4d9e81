using RewardReasoning.Cli.Labelling;

namespace RewardReasoning.Cli.Output;

/// <summary>What <c>label --json</c> prints.</summary>
internal sealed record LabelReportJson(
    long Rows,
    long Missing,
    long Pairs,
    long Draws,
    long LowMargins,
    long Unusable,
    double? MeanMargin,
    UsageJson Usage,
    double Seconds
)
{
    public static LabelReportJson Of(LabelSummary summary, TimeSpan elapsed) =>
        new(
            summary.Rows,
            summary.Missing,
            summary.Pairs,
            summary.Draws,
            summary.LowMargins,
            summary.Unusable,
            summary.MeanMargin,
            UsageJson.Of(summary.Usage),
            Math.Round(elapsed.TotalSeconds, 3)
        );
}
