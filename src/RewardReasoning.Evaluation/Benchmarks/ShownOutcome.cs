using RewardReasoning.Ratings;

namespace RewardReasoning.Evaluation.Benchmarks;

/// <summary>What a judge said when it was shown the responses in one order, numbered as the item numbers them.</summary>
/// <param name="Order">The order shown.</param>
/// <param name="Outcome">What it said.</param>
internal readonly record struct ShownOutcome(ShownOrder Order, MatchOutcome Outcome)
{
    /// <summary>
    /// What a judgment says in each order that was shown; a judgment without votes does not depend on the order, and says the same in both.
    /// A judge that abstained said nothing in any.
    /// </summary>
    public static IReadOnlyList<ShownOutcome> Of(Judgment judgment)
    {
        ArgumentNullException.ThrowIfNull(judgment);
        if (judgment.Outcome == MatchOutcome.Abstained)
        {
            return
            [
                .. Of(judgment with { Preferred = judgment.Withheld, Withheld = null })
                    .Select(shown => shown with { Outcome = MatchOutcome.Abstained }),
            ];
        }

        return judgment is { Votes.Count: 0, Preferred: { } preferred }
            ? [new ShownOutcome(ShownOrder.Given, Outcomes.Of(preferred)), new ShownOutcome(ShownOrder.Swapped, Outcomes.Of(preferred))]
            : Of(judgment.Votes);
    }

    /// <summary>What votes say in each order that they were shown; those of one order add up.</summary>
    public static IReadOnlyList<ShownOutcome> Of(IReadOnlyList<Vote> votes) =>
        [.. votes.GroupBy(vote => vote.Order).OrderBy(shown => shown.Key).Select(shown => new ShownOutcome(shown.Key, Sum(shown)))];

    private static MatchOutcome Sum(IEnumerable<Vote> votes)
    {
        int first = votes.Count(vote => vote.Verdict == Verdict.First);
        int second = votes.Count(vote => vote.Verdict == Verdict.Second);
        int ties = votes.Count(vote => vote.Verdict == Verdict.Tie);
        return first + second + ties == 0 ? MatchOutcome.Missing
            : first > Math.Max(second, ties) ? MatchOutcome.First
            : second > Math.Max(first, ties) ? MatchOutcome.Second
            : MatchOutcome.Tie;
    }
}

/// <summary>Translations between outcomes and verdicts.</summary>
internal static class Outcomes
{
    /// <summary>Whether it says which response is better, or that neither is.</summary>
    public static bool IsAnswer(this MatchOutcome outcome) => outcome is MatchOutcome.First or MatchOutcome.Second or MatchOutcome.Tie;

    /// <summary>The outcome in the other numbering.</summary>
    public static MatchOutcome Mirrored(this MatchOutcome outcome) =>
        outcome switch
        {
            MatchOutcome.First => MatchOutcome.Second,
            MatchOutcome.Second => MatchOutcome.First,
            _ => outcome,
        };

    /// <summary>A verdict as an outcome.</summary>
    public static MatchOutcome Of(Verdict? verdict) =>
        verdict switch
        {
            Verdict.First => MatchOutcome.First,
            Verdict.Second => MatchOutcome.Second,
            Verdict.Tie => MatchOutcome.Tie,
            _ => MatchOutcome.Missing,
        };
}
