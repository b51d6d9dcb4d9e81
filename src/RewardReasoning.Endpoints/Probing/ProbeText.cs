namespace RewardReasoning.Endpoints.Probing;

/// <summary>Thought and answer of one choice, and where the thought stood.</summary>
/// <param name="Thought">The thought; empty for none.</param>
/// <param name="Answer">All else.</param>
/// <param name="Place">The field with the thought: <c>reasoning</c>, <c>reasoning_content</c> or <c>content</c>; null for no
/// thought.</param>
internal readonly record struct ProbeText(string Thought, string Answer, string? Place)
{
    /// <summary>All that was written.</summary>
    public string Whole => Thought + Answer;

    public static ProbeText Of(WireAnswer answer) => Of(answer.Choices is [{ Message: { } message }, ..] ? message : new());

    private static ProbeText Of(WireText text)
    {
        if (text.Thought.Length > 0)
        {
            return new(text.Thought, text.Content ?? "", string.IsNullOrEmpty(text.Reasoning) ? "reasoning_content" : "reasoning");
        }

        (string thought, string answer, bool? closed) = ReasoningText.Split(text.Content ?? "");
        return new(thought, answer, closed is null ? null : "content");
    }
}
