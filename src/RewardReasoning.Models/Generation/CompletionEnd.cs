namespace RewardReasoning.Models.Generation;

/// <summary>Why a completion ended.</summary>
internal enum CompletionEnd
{
    /// <summary>The model ended it, or a stop string came up.</summary>
    Stop,

    /// <summary>No more tokens were allowed, or the context was full.</summary>
    Length,
}
