namespace RewardReasoning.Text.Tokenization;

/// <summary>What a <c>tokenizer.json</c> says, ready for use.</summary>
internal sealed record TokenizerDefinition
{
    /// <summary>Every token's bytes, added tokens included.</summary>
    public required TokenTable Tokens { get; init; }

    /// <summary>The merges by rank.</summary>
    public required MergeTable Merges { get; init; }

    /// <summary><c>ignore_merges</c>: a piece that is itself a token is taken whole.</summary>
    public required bool WholePieceFirst { get; init; }

    /// <summary>Whether text is brought into normalization form C first.</summary>
    public required bool Composes { get; init; }

    /// <summary>How text is cut into pieces.</summary>
    public required PreTokenizer PreTokenizer { get; init; }

    /// <summary>Tokens recognised in text before any splitting.</summary>
    public required IReadOnlyList<AddedToken> AddedTokens { get; init; }

    /// <summary>What the post-processor puts before a text.</summary>
    public required IReadOnlyList<int> PrefixIds { get; init; }

    /// <summary>What the post-processor puts after a text.</summary>
    public required IReadOnlyList<int> SuffixIds { get; init; }
}
