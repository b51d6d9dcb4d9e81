namespace RewardReasoning.Models.Generation;

/// <summary>What a model wrote.</summary>
internal sealed record Completion
{
    /// <summary>All new tokens in order: generated ones, the end token included, and those of a forced stub.</summary>
    public required int[] Ids { get; init; }

    /// <summary>Where in <see cref="Ids"/> the stub of the thinking budget begins; null where none was written.</summary>
    public int? StubStart { get; init; }

    /// <summary>How many of <see cref="Ids"/> are the stub's.</summary>
    public int StubLength { get; init; }

    /// <summary>Why it ended.</summary>
    public required CompletionEnd End { get; init; }

    /// <summary>The reasoning, without its tags.</summary>
    public string Reasoning { get; init; } = "";

    /// <summary>
    /// Text outside the reasoning, including the stub after its closing tag; a stop string and what follows it are cut off.
    /// </summary>
    public string Answer { get; init; } = "";

    /// <summary>Whether opened reasoning was closed; null where none was opened.</summary>
    public bool? ReasoningClosed { get; init; }

    /// <summary>Tokens of the prompt.</summary>
    public int PromptTokens { get; init; }

    /// <summary>Of these, how many came from the prefix cache or were computed together with another request.</summary>
    public int CachedPromptTokens { get; init; }

    /// <summary>Tokens generated, the end token included, the stub's not.</summary>
    public int GeneratedTokens { get; init; }

    /// <summary>Reasoning tokens generated, the tags not counted.</summary>
    public int ReasoningTokens { get; init; }

    /// <summary>The generated tokens whose log-probs were asked for: all, those outside the reasoning, or none.</summary>
    public int[] LogProbIds { get; init; } = [];

    /// <summary>Log-probs of <see cref="LogProbIds"/>, where asked for.</summary>
    public float[]? LogProbs { get; init; }

    /// <summary>The most probable tokens at the place of each of <see cref="LogProbIds"/>, best first, where asked for.</summary>
    public TokenLogProb[][]? TopLogProbs { get; init; }
}
