namespace RewardReasoning.Judging;

/// <summary>How far a judgment leans to the first response: twice its probability for it less one, averaged over both orders.</summary>
internal static class PreferenceLean
{
    /// <summary>
    /// The lean, from -1 to 1: by the log-probs at the verdict tokens where all votes have them, else by the votes; of a judge without
    /// votes by its confidence. Null where there is no verdict.
    /// </summary>
    public static double? Of(Judgment judgment)
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
