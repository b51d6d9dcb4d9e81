using System.Text;
using Microsoft.Extensions.AI;

namespace RewardReasoning;

/// <summary>Conversations as the text that a judge reads under the heading of the query.</summary>
public static class Conversation
{
    /// <summary>
    /// One user turn alone is its bare text. Anything longer gets a label before each turn (<c>User:</c>, <c>Assistant:</c>,
    /// <c>System:</c>, or the role's own name) and a blank line between turns.
    /// </summary>
    /// <exception cref="ArgumentException">The conversation has no turn.</exception>
    public static string Render(IEnumerable<ChatMessage> conversation)
    {
        ArgumentNullException.ThrowIfNull(conversation);
        List<ChatMessage> turns = [.. conversation];
        if (turns.Count == 0)
        {
            throw new ArgumentException("The conversation has no turn; a query needs at least one.", nameof(conversation));
        }

        if (turns is [{ } only] && only.Role == ChatRole.User)
        {
            return only.Text;
        }

        StringBuilder text = new();
        foreach (ChatMessage turn in turns)
        {
            text.Append(text.Length == 0 ? "" : "\n\n").Append(LabelOf(turn.Role)).Append(": ").Append(turn.Text);
        }

        return text.ToString();
    }

    private static string LabelOf(ChatRole role) =>
        role.Value switch
        {
            "user" => "User",
            "assistant" => "Assistant",
            "system" => "System",
            "tool" => "Tool",
            var other => other,
        };
}
