namespace RewardReasoning.Judging;

/// <summary>What makes a judgment less trustworthy than its numbers.</summary>
internal static class JudgmentWarnings
{
    private const int TellingLength = 256;

    /// <summary>A sentence for each.</summary>
    /// <param name="comparison">What was judged.</param>
    /// <param name="votes">How.</param>
    /// <param name="brokenBy">What decided a draw.</param>
    /// <param name="seedsMatter">Whether other seeds should give other completions, and it is not known that they do.</param>
    public static IEnumerable<string> Of(Comparison comparison, IReadOnlyList<Vote> votes, DrawBreak brokenBy, bool seedsMatter)
    {
        if (comparison.Response1 == comparison.Response2)
        {
            yield return "The two responses are identical; the preference between them means nothing.";
        }

        if (brokenBy == DrawBreak.Coin)
        {
            yield return "The votes are a draw, decided by a coin.";
        }

        int missing = votes.Count(vote => vote.Verdict == Verdict.Unparsable);
        if (missing > 0 && missing < votes.Count)
        {
            yield return $"{missing} of {votes.Count} votes are missing.";
        }

        if (seedsMatter && votes.GroupBy(vote => (vote.Order, vote.Reasoning, vote.Answer)).Any(IsTellingRepeat))
        {
            yield return "Votes with different seeds have the same completion: the server seems to ignore the seed, "
                + "so more votes add nothing.";
        }
    }

    /// <summary>Short completions may well come out twice; a long one only from a server that does not look at the seed.</summary>
    private static bool IsTellingRepeat(IGrouping<(ShownOrder Order, string Reasoning, string Answer), Vote> group) =>
        group.Key.Reasoning.Length + group.Key.Answer.Length >= TellingLength && group.Select(vote => vote.Seed).Distinct().Count() > 1;
}
