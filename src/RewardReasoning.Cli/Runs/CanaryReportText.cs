using System.Globalization;
using RewardReasoning.Evaluation.Canaries;

namespace RewardReasoning.Cli.Runs;

/// <summary>The result of a canary as lines for people.</summary>
internal static class CanaryReportText
{
    public static IEnumerable<string> Lines(CanaryReport report)
    {
        yield return report.Change switch
        {
            null => $"{report.Judge}: no change found",
            CanaryChange.RightLessOften => $"{report.Judge} has changed: it is right less often",
            CanaryChange.RightMoreOften => $"{report.Judge} has changed: it is right more often",
            CanaryChange.ShownFirstMore => $"{report.Judge} has changed: it prefers the response shown first more often",
            CanaryChange.ShownFirstLess => $"{report.Judge} has changed: it prefers the response shown first less often",
            _ => $"{report.Judge} has changed: it gives other verdicts",
        };
        yield return string.Create(
            CultureInfo.InvariantCulture,
            $"evidence {report.Evidence:0.##} of the {report.Threshold:0.##} that a change needs, from {report.Pairs} pairs "
                + $"({report.Missing} missing), {report.VotesBefore} votes before and {report.VotesNow} now"
        );
        if (report.Right is { Before: { } rightBefore, Now: { } rightNow })
        {
            yield return string.Create(CultureInfo.InvariantCulture, $"right: {rightBefore:0.0%} of the votes before, {rightNow:0.0%} now");
        }

        if (report.ShownFirst is { Before: { } firstBefore, Now: { } firstNow })
        {
            yield return string.Create(
                CultureInfo.InvariantCulture,
                $"for the response shown first: {firstBefore:0.0%} before, {firstNow:0.0%} now"
            );
        }
    }
}
