namespace RewardReasoning.Models.Generation;

/// <summary>One step of a completion that is streamed.</summary>
/// <param name="Part">Where the text belongs.</param>
/// <param name="Text">New text, whole characters; empty in the last event.</param>
/// <param name="Completion">Set in the last event only: the whole completion.</param>
internal sealed record GenerationEvent(CompletionPart Part, string Text, Completion? Completion = null);
