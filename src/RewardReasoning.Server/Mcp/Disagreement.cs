namespace RewardReasoning.Server.Mcp;

/// <summary>
/// Where the votes of a judge part: how many chose which response, a reasoning of each side, and the first words in which two votes that
/// were shown the same and chose differently stop being the same.
/// </summary>
/// <param name="First">Votes for response 1.</param>
/// <param name="Second">Votes for response 2.</param>
/// <param name="Missing">Votes without a readable verdict.</param>
/// <param name="ForFirst">A vote for response 1, the one with the shortest reasoning; null where there is none.</param>
/// <param name="ForSecond">A vote for response 2, likewise.</param>
/// <param name="Parting">Null where no two votes in the same order chose differently.</param>
internal sealed record Disagreement(int First, int Second, int Missing, Vote? ForFirst, Vote? ForSecond, Parting? Parting)
{
    /// <summary>Of the votes of one comparison, however many judgments they come from.</summary>
    public static Disagreement Of(IReadOnlyCollection<Vote> votes)
    {
        Vote[] first = [.. votes.Where(vote => vote.Verdict == Verdict.First)];
        Vote[] second = [.. votes.Where(vote => vote.Verdict == Verdict.Second)];
        Parting? latest = (from one in first from other in second where one.Order == other.Order select Parting.Of(one, other)).MaxBy(
            parting => parting.Shared.Length
        );
        return new(
            first.Length,
            second.Length,
            votes.Count - first.Length - second.Length,
            first.MinBy(vote => vote.Reasoning.Length),
            second.MinBy(vote => vote.Reasoning.Length),
            latest
        );
    }
}

/// <summary>Where two reasonings stop being the same.</summary>
/// <param name="Shared">What both began with, up to the end of a word.</param>
/// <param name="First">How the one goes on that ended with response 1.</param>
/// <param name="Second">How the one goes on that ended with response 2.</param>
internal sealed record Parting(string Shared, string First, string Second)
{
    private const int Excerpt = 400;

    /// <summary>Of a vote for response 1 and one for response 2, which were shown the responses in the same order.</summary>
    public static Parting Of(Vote first, Vote second)
    {
        int same = first.Reasoning.AsSpan().CommonPrefixLength(second.Reasoning);
        while (
            same > 0 && same < Math.Max(first.Reasoning.Length, second.Reasoning.Length) && !char.IsWhiteSpace(first.Reasoning[same - 1])
        )
        {
            same--;
        }

        return new(first.Reasoning[..same], Rest(first.Reasoning, same), Rest(second.Reasoning, same));
    }

    private static string Rest(string reasoning, int from)
    {
        int length = Math.Min(Excerpt, reasoning.Length - from);
        // Half a character is none.
        length -= length > 0 && from + length < reasoning.Length && char.IsHighSurrogate(reasoning[from + length - 1]) ? 1 : 0;
        return reasoning.Substring(from, length);
    }
}
