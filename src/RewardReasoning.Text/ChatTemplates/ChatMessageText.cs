namespace RewardReasoning.Text.ChatTemplates;

/// <summary>One message of a conversation as chat templates see it.</summary>
/// <param name="Role">Who speaks: <c>system</c>, <c>user</c>, <c>assistant</c> or whatever else the template knows.</param>
/// <param name="Content">What is said.</param>
public sealed record ChatMessageText(string Role, string Content)
{
    /// <summary>An assistant's reasoning given separately (<c>reasoning_content</c>), for templates that know it; else null.</summary>
    public string? ReasoningContent { get; init; }
}
