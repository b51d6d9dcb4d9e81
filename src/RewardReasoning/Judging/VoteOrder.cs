namespace RewardReasoning.Judging;

/// <summary>Which response each vote is shown first.</summary>
public enum VoteOrder
{
    /// <summary>
    /// The first vote's order follows from a stable hash of the unordered pair, then both take turns. The caller's numbering changes
    /// nothing.
    /// </summary>
    Hashed,

    /// <summary>Always as the caller numbers them.</summary>
    Given,

    /// <summary>Every vote is asked in both orders, so k votes are 2k completions; which comes first follows from the hash.</summary>
    Both,
}

/// <summary>The order of each completion under a <see cref="VoteOrder"/>.</summary>
internal static class VoteOrderRules
{
    private const int OrderBit = 0;

    /// <summary>How many completions a number of votes takes.</summary>
    public static int Completions(this VoteOrder order, int votes) => order == VoteOrder.Both ? 2 * votes : votes;

    /// <summary>The order that the completion of this index is shown.</summary>
    public static ShownOrder OrderOf(this VoteOrder order, Comparison comparison, int index)
    {
        ArgumentNullException.ThrowIfNull(comparison);
        return order switch
        {
            VoteOrder.Given => ShownOrder.Given,
            _ => (ComparisonHash.PickOne(comparison, OrderBit) == Verdict.First) == (index % 2 == 0)
                ? ShownOrder.Given
                : ShownOrder.Swapped,
        };
    }
}
