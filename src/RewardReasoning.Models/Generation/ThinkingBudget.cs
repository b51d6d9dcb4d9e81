namespace RewardReasoning.Models.Generation;

/// <summary>A cap on reasoning tokens, and the text that is written when it is reached.</summary>
internal sealed record ThinkingBudget
{
    /// <summary>
    /// Tokens that a completion may write after the stub even beyond its length, so that it can still answer; also the most it may write
    /// where the stub asks for a choice, since nothing after a choice matters.
    /// </summary>
    public const int TokensAfterStub = 8;

    /// <summary>Most reasoning tokens, the tags not counted.</summary>
    public required int Cap { get; init; }

    /// <summary>Appended as if the model had written it; it should close the reasoning.</summary>
    public required int[] Stub { get; init; }

    /// <summary>What the token after the stub may be; empty for any, followed by a free answer.</summary>
    public int[] Choices { get; init; } = [];
}
