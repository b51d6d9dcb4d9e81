namespace RewardReasoning.Evaluation.Juries;

/// <summary>What the members of a jury say of one pair.</summary>
/// <param name="Query">Its query: pairs of one query are not independent.</param>
/// <param name="FirstIsBetter">Whether its first response is; null where that is not known.</param>
/// <param name="Said">
/// Of each member, its lean to the first response, from -1 to 1: twice its probability for it less one, averaged over both orders. Null
/// where it has no verdict: it is missing, which is no vote.
/// </param>
internal sealed record JuryPair(string Query, bool? FirstIsBetter, IReadOnlyList<double?> Said)
{
    /// <summary>The same as numbers for a fit: a missing member leans to neither.</summary>
    public double[] Signals => [.. Said.Select(said => said ?? 0)];

    /// <summary>The lean of the votes on a pair; null where none has a verdict.</summary>
    /// <param name="judgment">The judgment.</param>
    public static double? LeanOf(Judgment judgment)
    {
        Vote[] decided = [.. judgment.Votes.Where(vote => vote.Verdict != Verdict.Unparsable)];
        if (decided.Length == 0)
        {
            return (judgment.Preferred ?? judgment.Withheld, judgment.Confidence) switch
            {
                (Verdict.First, { } confidence) => (2 * confidence) - 1, // a scalar reward model has no votes
                (Verdict.Second, { } confidence) => 1 - (2 * confidence),
                _ => null,
            };
        }

        bool soft = Array.TrueForAll(decided, vote => vote.FirstProbability is not null);
        return (2 * decided.GroupBy(vote => vote.Order).Average(shown => shown.Average(FirstOf))) - 1;

        double FirstOf(Vote vote) =>
            soft ? vote.FirstProbability ?? 0
            : vote.Verdict == Verdict.First ? 1
            : vote.Verdict == Verdict.Tie ? 0.5
            : 0;
    }
}
