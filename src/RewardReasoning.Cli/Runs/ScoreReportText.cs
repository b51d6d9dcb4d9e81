using System.Globalization;
using RewardReasoning.Cli.Output;
using RewardReasoning.Evaluation.Scoring;

namespace RewardReasoning.Cli.Runs;

/// <summary>A score report as lines for people.</summary>
internal static class ScoreReportText
{
    public static IEnumerable<string> Lines(ScoreReport report)
    {
        ScoreGroup total = report.Total;
        yield return string.Create(
            CultureInfo.InvariantCulture,
            $"{total.Rows} rows: {total.Judged} judged, {total.Missing} missing{Ties(total)}{Abstained(total)}, in {report.Seconds:0.0} s "
                + $"({report.PairsPerSecond:0.0} pairs/s)"
        );
        if (report.MissingMatches > 0)
        {
            yield return FormattableString.Invariant($"{report.MissingMatches} matches of the rankings are missing");
        }

        if (report.AbstainedMatches > 0)
        {
            yield return FormattableString.Invariant($"the judge abstained from {report.AbstainedMatches} matches of the rankings");
        }

        if (report.StoppedAt is { } stopped)
        {
            yield return $"stopped at {stopped.Place} (--strict): OUT has the rows before it";
        }

        if (total.Votes > 0)
        {
            yield return string.Create(
                CultureInfo.InvariantCulture,
                $"{total.Votes} votes: {total.MissingVotes} without a verdict, {total.ForcedVotes} forced; "
                    + $"{total.MeanReasoningTokens:0.0} tokens of reasoning a vote"
            );
        }

        if (report.Tokens is { KeptCompletions: > 0 } tokens)
        {
            yield return string.Create(
                CultureInfo.InvariantCulture,
                $"{tokens.KeptCompletions} completions came from the store: {tokens.Output - tokens.KeptOutput} of {tokens.Output} "
                    + $"tokens were written now"
            );
        }

        if (report.Tokens is { Cost: { } cost, KeptCost: var before })
        {
            yield return FormattableString.Invariant(
                $"cost {cost - (before ?? 0):0.0000}{(before > 0 ? FormattableString.Invariant($", and {before:0.0000} before") : "")}"
            );
        }

        if (report.Screened is { } screened)
        {
            yield return FormattableString.Invariant($"{screened} judgments were decided by the first stage");
        }

        if (report.Jury is { } jury)
        {
            yield return $"agreement of the jury: {jury.Agreement}";
            foreach (string line in TextTable.Lines(jury.Rows))
            {
                yield return line;
            }
        }

        if (total.Accuracy is { } accuracy)
        {
            yield return string.Create(
                CultureInfo.InvariantCulture,
                $"accuracy {accuracy:0.0%} ({total.Correct} of {total.Labelled}; 95% interval {total.AccuracyLow:0.0%} to "
                    + $"{total.AccuracyHigh:0.0%})"
            );
        }

        if (report.Swaps.Share is { } share)
        {
            yield return FormattableString.Invariant(
                $"rows and their swaps agree {share:0.0%} ({report.Swaps.Agreeing} of {report.Swaps.Pairs})"
            );
        }

        foreach (string line in report.By.SelectMany(Table))
        {
            yield return line;
        }
    }

    private static string Ties(ScoreGroup group) => group.Ties > 0 ? FormattableString.Invariant($", {group.Ties} ties") : "";

    private static string Abstained(ScoreGroup group) =>
        group is { Abstained: > 0, Coverage: { } coverage }
            ? FormattableString.Invariant($", {group.Abstained} abstained from (given: {coverage:0.0%})")
            : "";

    private static IEnumerable<string> Table(ScoreBreakdown breakdown)
    {
        string[][] rows =
        [
            [breakdown.Field, "rows", "missing", "accuracy", "95% interval", "reasoning tokens"],
            .. breakdown.Groups.Select(group =>
                new[]
                {
                    group.Value ?? "(none)",
                    FormattableString.Invariant($"{group.Rows}"),
                    FormattableString.Invariant($"{group.Missing}"),
                    group.Accuracy is { } accuracy ? FormattableString.Invariant($"{accuracy:0.0%}") : "-",
                    group.Accuracy is null ? "-" : FormattableString.Invariant($"{group.AccuracyLow:0.0%} to {group.AccuracyHigh:0.0%}"),
                    group.MeanReasoningTokens is { } tokens ? FormattableString.Invariant($"{tokens:0.0}") : "-",
                }
            ),
        ];
        return TextTable.Lines(rows);
    }
}
