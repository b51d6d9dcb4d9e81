namespace RewardReasoning.Judging;

/// <summary>Counts of verdicts, and what they say. Votes without a verdict are missing: they count for neither side.</summary>
/// <param name="First">Votes for the caller's first response.</param>
/// <param name="Second">Votes for the caller's second response.</param>
/// <param name="Missing">Votes without a verdict.</param>
/// <param name="Ties">Votes for neither; null where the judge must choose.</param>
internal sealed record MajorityVote(int First, int Second, int Missing, int? Ties = null)
{
    /// <summary>Votes with a verdict.</summary>
    public int Decided => First + Second + (Ties ?? 0);

    /// <summary>Whether both responses have the same number of votes, at least one each, where the judge must choose.</summary>
    public bool IsDraw => Ties is null && First == Second && First > 0;

    /// <summary>
    /// The response with more votes; <see cref="Verdict.Unparsable"/> on a draw or without votes. Where ties may be called, by the
    /// likelihood of Davidson's model for one pair, whose probabilities are then the shares of the votes: the most frequent verdict, and a
    /// tie where no response is ahead of all else.
    /// </summary>
    public Verdict Winner =>
        First > Math.Max(Second, Ties ?? 0) ? Verdict.First
        : Second > Math.Max(First, Ties ?? 0) ? Verdict.Second
        : Ties is not null && Decided > 0 ? Verdict.Tie
        : Verdict.Unparsable;

    /// <summary>Counts votes.</summary>
    /// <param name="votes">The votes.</param>
    /// <param name="ties">Whether the judge may call a tie.</param>
    public static MajorityVote Of(IReadOnlyList<Vote> votes, bool ties = false)
    {
        ArgumentNullException.ThrowIfNull(votes);
        return new(CountOf(Verdict.First), CountOf(Verdict.Second), CountOf(Verdict.Unparsable), ties ? CountOf(Verdict.Tie) : null);

        int CountOf(Verdict verdict) => votes.Count(vote => vote.Verdict == verdict);
    }

    /// <summary>Votes for a verdict.</summary>
    public int CountOf(Verdict verdict) =>
        verdict switch
        {
            Verdict.First => First,
            Verdict.Second => Second,
            Verdict.Tie => Ties ?? 0,
            _ => Missing,
        };

    /// <summary>Share of the decided votes that went to a verdict; null without decided votes.</summary>
    public double? ShareOf(Verdict preferred) => Decided == 0 ? null : (double)CountOf(preferred) / Decided;

    /// <summary>
    /// Lean to the response shown first, from -0.5 to 0.5: the mean over both orders of the share of votes for the one shown first,
    /// less one half, so that which response is better cancels; ties do not count. Null unless both orders have such votes.
    /// </summary>
    public static double? PositionBias(IEnumerable<Vote> votes)
    {
        ArgumentNullException.ThrowIfNull(votes);
        ILookup<ShownOrder, bool> choseShownFirst = votes
            .Where(vote => vote.Verdict is Verdict.First or Verdict.Second)
            .ToLookup(vote => vote.Order, vote => vote.Verdict.Renumber(vote.Order) == Verdict.First);
        return choseShownFirst.Count < 2 ? null : choseShownFirst.Average(group => group.Average(chose => chose ? 1.0 : 0.0)) - 0.5;
    }
}
