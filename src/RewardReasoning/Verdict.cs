namespace RewardReasoning;

/// <summary>What one completion decided. The zero value is the failure, so that nothing forgotten can mean "the first wins".</summary>
public enum Verdict
{
    /// <summary>No verdict could be read; such a vote counts for neither response.</summary>
    Unparsable,

    /// <summary>The first response is better.</summary>
    First,

    /// <summary>The second response is better.</summary>
    Second,

    /// <summary>Neither is better; said only by a judge that may (<c>JudgeOptions.Ties</c>).</summary>
    Tie,
}

/// <summary>In which order a judge was shown the two responses of a comparison.</summary>
public enum ShownOrder
{
    /// <summary>As the caller numbers them.</summary>
    Given,

    /// <summary>The caller's second response was shown first.</summary>
    Swapped,
}

/// <summary>Translation between the numbering of a prompt and the caller's.</summary>
internal static class VerdictNumbering
{
    /// <summary>
    /// The verdict in the other numbering: what the judge wrote as the caller numbers the responses, or the caller's as the judge saw
    /// them. It is its own inverse.
    /// </summary>
    public static Verdict Renumber(this Verdict verdict, ShownOrder order) =>
        (order, verdict) switch
        {
            (ShownOrder.Swapped, Verdict.First) => Verdict.Second,
            (ShownOrder.Swapped, Verdict.Second) => Verdict.First,
            _ => verdict,
        };
}
