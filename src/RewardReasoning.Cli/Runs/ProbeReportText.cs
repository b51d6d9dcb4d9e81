using System.Globalization;
using RewardReasoning.Cli.Output;
using RewardReasoning.Evaluation.Probes;

namespace RewardReasoning.Cli.Runs;

/// <summary>Reports of probes as lines for people.</summary>
internal static class ProbeReportText
{
    public static IEnumerable<string> Lines(ProbeReport report)
    {
        yield return string.Create(
            CultureInfo.InvariantCulture,
            $"{report.Judge}: right on {report.Right} of {report.Pairs} pairs ({report.Refused} refused, {report.Missing} missing); "
                + $"each probe is asked of those"
        );
        string[][] rows =
        [
            ["probe", "pairs", "refused", "missing", "n", "flipped", "%"],
            .. report.Probes.Select(probe =>
                (string[])
                    [
                        probe.Probe,
                        Number(probe.Pairs),
                        Number(probe.Refused),
                        Number(probe.Missing),
                        Number(probe.Compared),
                        Number(probe.Turned),
                        Rate(probe),
                    ]
            ),
        ];
        foreach (string line in TextTable.Lines(rows))
        {
            yield return line;
        }

        yield return "Flipped: right before, wrong as changed. What `again` flips is the judge's own randomness. Refused: outside of what "
            + "the judge says "
            + "it can judge.";
        foreach (ProbeResult probe in report.Probes)
        {
            yield return $"{probe.Probe}: {probe.Says}";
        }
    }

    private static string Number(int number) => FormattableString.Invariant($"{number}");

    private static string Rate(ProbeResult probe) =>
        probe is { Rate: { } rate, Low: { } low, High: { } high }
            ? FormattableString.Invariant($"{rate * 100:0.0} ({low * 100:0.0} to {high * 100:0.0})")
            : "-";
}
