using System.Globalization;
using RewardReasoning.Cli.Output;
using RewardReasoning.Evaluation.Juries;

namespace RewardReasoning.Cli.Runs;

/// <summary>A jury as lines for people.</summary>
internal static class JuryReportText
{
    public static IEnumerable<string> Lines(JuryReport report)
    {
        yield return string.Create(
            CultureInfo.InvariantCulture,
            $"jury of {report.Members.Count} on {report.Pairs} labelled pairs, cross-validated: log-loss {report.LogLoss:0.0000}, right "
                + $"{report.Right:0.0%}"
        );
        yield return string.Create(
            CultureInfo.InvariantCulture,
            $"with equal weights: log-loss {report.EqualLogLoss:0.0000}, right {report.EqualRight:0.0%}"
        );
        if (report.Best is { LogLoss: { } loss, JuryLogLoss: { } jury } best)
        {
            yield return string.Create(
                CultureInfo.InvariantCulture,
                $"best member: {best.Name}, log-loss {loss:0.0000}, where the jury has {jury:0.0000}"
            );
        }

        yield return report.Kappa is { } kappa
            ? string.Create(
                CultureInfo.InvariantCulture,
                $"agreement: Fleiss' kappa {kappa:0.000}, on {report.KappaPairs} pairs that all members decided"
            )
            : "agreement: not known, for there are no pairs on which members differ that all of them decided";
        string[][] rows =
        [
            ["member", "weight", "pairs", "missing", "right", "log-loss", "jury's there", "position bias", "tokens", "cost"],
            .. report.Members.Select(member =>
                (string[])
                    [
                        member.Name,
                        Number(member.Weight, "0.00"),
                        Number(member.Pairs, "0"),
                        Number(member.Missing, "0"),
                        Number(member.Right, "0.0%"),
                        Number(member.LogLoss, "0.0000"),
                        Number(member.JuryLogLoss, "0.0000"),
                        Number(member.PositionBias, "0.000"),
                        Number(member.Tokens, "0"),
                        member.Cost is { } cost ? cost.ToString("0.0000", CultureInfo.InvariantCulture) : "-",
                    ]
            ),
        ];
        foreach (string line in TextTable.Lines(rows))
        {
            yield return line;
        }
    }

    private static string Number(double? value, string format) => value?.ToString(format, CultureInfo.InvariantCulture) ?? "-";
}
