using Microsoft.Extensions.AI;

namespace RewardReasoning;

/// <summary>Two responses to one query, numbered by the caller. In which order a judge sees them is the judge's business.</summary>
/// <param name="Query">The user's request; a conversation is rendered by <see cref="FromConversation"/>.</param>
/// <param name="Response1">The caller's first response; may be empty.</param>
/// <param name="Response2">The caller's second response; may be empty.</param>
public sealed record Comparison(string Query, string Response1, string Response2)
{
    /// <summary>A comparison of two continuations of a conversation, whose turns are rendered with role labels.</summary>
    /// <exception cref="ArgumentException">The conversation has no turn.</exception>
    public static Comparison FromConversation(IEnumerable<ChatMessage> conversation, string response1, string response2) =>
        new(Conversation.Render(conversation), response1, response2);

    /// <summary>The same comparison with the numbering turned round.</summary>
    public Comparison Mirrored() => new(Query, Response2, Response1);
}
