namespace RewardReasoning.Models.Generation;

/// <summary>One step of a completion that is streamed.</summary>
/// <param name="Part">Where the text belongs.</param>
/// <param name="Text">New text, whole characters; empty in the last event.</param>
/// <param name="Completion">The whole, in the last event alone.</param>
public sealed record GenerationEvent(CompletionPart Part, string Text, Completion? Completion = null);
