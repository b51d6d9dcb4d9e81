namespace RewardReasoning.Judging;

/// <summary>Counts of verdicts, and what they say. Votes without a verdict are missing: they count for neither side.</summary>
/// <param name="First">Votes for the caller's first response.</param>
/// <param name="Second">Votes for the caller's second response.</param>
/// <param name="Missing">Votes without a verdict.</param>
internal sealed record MajorityVote(int First, int Second, int Missing)
{
    /// <summary>Votes with a verdict.</summary>
    public int Decided => First + Second;

    /// <summary>Whether both responses have the same number of votes, at least one each.</summary>
    public bool IsDraw => First == Second && First > 0;

    /// <summary>The response with more votes; <see cref="Verdict.Unparsable"/> on a draw or without votes.</summary>
    public Verdict Winner =>
        First.CompareTo(Second) switch
        {
            > 0 => Verdict.First,
            < 0 => Verdict.Second,
            _ => Verdict.Unparsable,
        };

    /// <summary>Counts votes.</summary>
    public static MajorityVote Of(IEnumerable<Vote> votes)
    {
        ArgumentNullException.ThrowIfNull(votes);
        int first = 0,
            second = 0,
            missing = 0;
        foreach (Vote vote in votes)
        {
            _ = vote.Verdict switch
            {
                Verdict.First => first++,
                Verdict.Second => second++,
                _ => missing++,
            };
        }

        return new(first, second, missing);
    }

    /// <summary>Share of the decided votes that went to a response; null without decided votes.</summary>
    public double? ShareOf(Verdict preferred) => Decided == 0 ? null : (double)(preferred == Verdict.First ? First : Second) / Decided;

    /// <summary>
    /// Lean to the response shown first, from -0.5 to 0.5: the mean over both orders of the share of votes for the one shown first,
    /// less one half, so that which response is better cancels. Null unless both orders have decided votes.
    /// </summary>
    public static double? PositionBias(IEnumerable<Vote> votes)
    {
        ArgumentNullException.ThrowIfNull(votes);
        ILookup<ShownOrder, bool> choseShownFirst = votes
            .Where(vote => vote.Verdict != Verdict.Unparsable)
            .ToLookup(vote => vote.Order, vote => vote.Verdict.Renumber(vote.Order) == Verdict.First);
        return choseShownFirst.Count < 2 ? null : choseShownFirst.Average(group => group.Average(chose => chose ? 1.0 : 0.0)) - 0.5;
    }
}
