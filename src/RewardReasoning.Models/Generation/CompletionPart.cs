namespace RewardReasoning.Models.Generation;

/// <summary>Where a piece of a completion belongs.</summary>
internal enum CompletionPart
{
    /// <summary>The answer: all text outside the reasoning.</summary>
    Answer,

    /// <summary>Inside the reasoning.</summary>
    Reasoning,
}
