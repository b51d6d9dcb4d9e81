namespace RewardReasoning.Text.Tokenization;

/// <summary>
/// A token that is recognised in text before any splitting, as chat templates need it: an entry of <c>added_tokens</c> in
/// <c>tokenizer.json</c>.
/// </summary>
internal sealed record AddedToken
{
    /// <summary>The token's id.</summary>
    public required int Id { get; init; }

    /// <summary>The text that stands for the token.</summary>
    public required string Content { get; init; }

    /// <summary>
    /// Whether the token is left out by <c>skipSpecial</c> decoding. Some control tokens (<c>&lt;think&gt;</c>) are not special.
    /// </summary>
    public bool Special { get; init; }

    /// <summary>Recognised only where no word character touches it.</summary>
    public bool SingleWord { get; init; }

    /// <summary>Swallows the white space on its left.</summary>
    public bool StripLeft { get; init; }

    /// <summary>Swallows the white space on its right.</summary>
    public bool StripRight { get; init; }

    /// <summary>Looked for in the normalized text and not in the text as it came.</summary>
    public bool Normalized { get; init; }
}
