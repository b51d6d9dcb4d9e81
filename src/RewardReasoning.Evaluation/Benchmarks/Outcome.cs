namespace RewardReasoning.Evaluation.Benchmarks;

/// <summary>What a label or a judge says of two responses, where ties are allowed. The zero value is the failure.</summary>
public enum Outcome
{
    /// <summary>Nothing: a judge whose output could not be read, or a row whose labellers have no majority.</summary>
    Missing,

    /// <summary>The item's first response is better.</summary>
    First,

    /// <summary>The item's second response is better.</summary>
    Second,

    /// <summary>Neither is.</summary>
    Tie,
}

/// <summary>What a judge said when it was shown the responses in one order, numbered as the item numbers them.</summary>
/// <param name="Order">The order shown.</param>
/// <param name="Outcome">What it said.</param>
public readonly record struct ShownOutcome(ShownOrder Order, Outcome Outcome)
{
    /// <summary>What a judgment says in each order that was shown; without votes it hangs on no order, and says the same in both.</summary>
    public static IReadOnlyList<ShownOutcome> Of(Judgment judgment)
    {
        ArgumentNullException.ThrowIfNull(judgment);
        return judgment is { Votes.Count: 0, Preferred: { } preferred }
            ? [new ShownOutcome(ShownOrder.Given, Outcomes.Of(preferred)), new ShownOutcome(ShownOrder.Swapped, Outcomes.Of(preferred))]
            : Of(judgment.Votes);
    }

    /// <summary>What votes say in each order that they were shown; those of one order add up.</summary>
    public static IReadOnlyList<ShownOutcome> Of(IReadOnlyList<Vote> votes) =>
        [.. votes.GroupBy(vote => vote.Order).OrderBy(shown => shown.Key).Select(shown => new ShownOutcome(shown.Key, Sum(shown)))];

    private static Outcome Sum(IEnumerable<Vote> votes)
    {
        int first = votes.Count(vote => vote.Verdict == Verdict.First);
        int second = votes.Count(vote => vote.Verdict == Verdict.Second);
        return first + second == 0 ? Outcome.Missing
            : first == second ? Outcome.Tie
            : first > second ? Outcome.First
            : Outcome.Second;
    }
}

/// <summary>Translations between outcomes and verdicts.</summary>
public static class Outcomes
{
    /// <summary>The outcome in the other numbering.</summary>
    public static Outcome Mirrored(this Outcome outcome) =>
        outcome switch
        {
            Outcome.First => Outcome.Second,
            Outcome.Second => Outcome.First,
            _ => outcome,
        };

    /// <summary>A verdict as an outcome.</summary>
    public static Outcome Of(Verdict? verdict) =>
        verdict switch
        {
            Verdict.First => Outcome.First,
            Verdict.Second => Outcome.Second,
            _ => Outcome.Missing,
        };
}
