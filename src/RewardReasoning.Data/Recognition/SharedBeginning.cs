using Microsoft.Extensions.AI;

namespace RewardReasoning.Data.Recognition;

/// <summary>Where the query of two whole dialogues ends that share it: preference data whose prompt is implicit.</summary>
internal static class SharedBeginning
{
    private const string HumanMark = "\n\nHuman:";
    private const string AssistantMark = "\n\nAssistant:";

    /// <summary>All messages but the last, where both have them; null where they do not.</summary>
    public static (RowQuery Query, string First, string Second)? Split(IReadOnlyList<ChatMessage> first, IReadOnlyList<ChatMessage> second)
    {
        bool shared =
            first.Count == second.Count
            && first.Count > 1
            && first
                .SkipLast(1)
                .Zip(second.SkipLast(1))
                .All(pair => pair.First.Role == pair.Second.Role && pair.First.Text == pair.Second.Text);
        return shared ? (new RowQuery([.. first.SkipLast(1)]), first[^1].Text, second[^1].Text) : null;
    }

    /// <summary>
    /// Of dialogues with marks (<c>\n\nHuman:</c>, <c>\n\nAssistant:</c>) all turns but the last, where both have them. Of other texts
    /// their
    /// longest common beginning up to a line's end or, without one, up to a blank. Null where they share nothing.
    /// </summary>
    public static (RowQuery Query, string First, string Second)? Split(string first, string second)
    {
        if (Turns(first) is { } firstTurns && Turns(second) is { } secondTurns && Split(firstTurns, secondTurns) is { } dialogues)
        {
            return dialogues;
        }

        int common = first.AsSpan().CommonPrefixLength(second);
        int cut = first.AsSpan(0, common).LastIndexOf('\n') + 1;
        cut = cut > 0 ? cut : first.AsSpan(0, common).LastIndexOf(' ') + 1;
        string query = first[..cut].Trim();
        return query.Length > 0 ? (RowQuery.OfText(query), first[cut..], second[cut..]) : null;
    }

    private static List<ChatMessage>? Turns(string dialogue)
    {
        if (!dialogue.StartsWith(HumanMark, StringComparison.Ordinal))
        {
            return null;
        }

        List<ChatMessage> turns = [];
        int at = 0;
        while (at < dialogue.Length)
        {
            bool human = dialogue.AsSpan(at).StartsWith(HumanMark);
            int start = at + (human ? HumanMark : AssistantMark).Length;
            int nextHuman = dialogue.IndexOf(HumanMark, start, StringComparison.Ordinal);
            int nextAssistant = dialogue.IndexOf(AssistantMark, start, StringComparison.Ordinal);
            int end = (nextHuman, nextAssistant) switch
            {
                (< 0, < 0) => dialogue.Length,
                (< 0, _) => nextAssistant,
                (_, < 0) => nextHuman,
                _ => Math.Min(nextHuman, nextAssistant),
            };
            turns.Add(new ChatMessage(human ? ChatRole.User : ChatRole.Assistant, dialogue[start..end].Trim()));
            at = end;
        }

        return turns;
    }
}
