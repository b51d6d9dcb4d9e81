namespace RewardReasoning.Models.Generation;

/// <summary>Where a piece of a completion belongs.</summary>
public enum CompletionPart
{
    /// <summary>After the thought, or in a chat without one.</summary>
    Answer,

    /// <summary>Inside the thought.</summary>
    Reasoning,
}
