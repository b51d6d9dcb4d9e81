namespace RewardReasoning.Models.Generation;

/// <summary>A cap on the tokens of a thought, and what is written when it is reached.</summary>
public sealed record ThinkingBudget
{
    /// <summary>
    /// Tokens that a completion gets after the stub even where its length would end it sooner, so that it can still answer; where the stub
    /// asks
    /// for a choice, also the most that it gets, for nothing that follows a choice matters.
    /// </summary>
    public const int TokensAfterStub = 8;

    /// <summary>Most tokens inside the thought, its tags not counted.</summary>
    public required int Cap { get; init; }

    /// <summary>What is appended as if the model had written it; it should close the thought.</summary>
    public required int[] Stub { get; init; }

    /// <summary>What the token after the stub may be; empty for any, and for an answer that goes on freely.</summary>
    public int[] Choices { get; init; } = [];
}
