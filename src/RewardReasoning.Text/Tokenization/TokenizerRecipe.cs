namespace RewardReasoning.Text.Tokenization;

/// <summary>What a small model's own tokenizer shall hold; <see cref="TokenizerBuilder"/> makes it.</summary>
internal sealed record TokenizerRecipe
{
    /// <summary>
    /// Texts that merges are learnt from until each of them is one token. Digits never merge: a text with digits is cut there, and
    /// each run between them becomes one token.
    /// </summary>
    public IReadOnlyList<string> MergedTexts { get; init; } = [];

    /// <summary>
    /// Control tokens that decoding may leave out (<c>&lt;|im_end|&gt;</c>). Their ids follow the merges', in this order.
    /// </summary>
    public IReadOnlyList<string> SpecialTokens { get; init; } = [];

    /// <summary>Control tokens that stay in decoded text (<c>&lt;think&gt;</c>, as in Qwen's tokenizers). Their ids come last.</summary>
    public IReadOnlyList<string> VisibleTokens { get; init; } = [];

    /// <summary>The chat template in Jinja, or null.</summary>
    public string? ChatTemplate { get; init; }

    /// <summary>The token that begins a text, one of the above, or null.</summary>
    public string? BosToken { get; init; }

    /// <summary>The token that ends a turn, one of the above, or null.</summary>
    public string? EosToken { get; init; }

    /// <summary>The token that fills batches, one of the above, or null.</summary>
    public string? PadToken { get; init; }

    /// <summary>How many tokens the model can read.</summary>
    public int ModelMaxLength { get; init; } = 4096;

    /// <summary>Checks the recipe as a whole.</summary>
    /// <exception cref="ArgumentException">Names every fault.</exception>
    public void Validate()
    {
        List<string> faults = [];
        string[] tokens = [.. SpecialTokens, .. VisibleTokens];
        if (tokens.Any(string.IsNullOrEmpty))
        {
            faults.Add("a control token is empty");
        }

        faults.AddRange(
            tokens
                .GroupBy(t => t, StringComparer.Ordinal)
                .Where(g => g.Count() > 1)
                .Select(g => $"the control token \"{g.Key}\" is given twice")
        );
        faults.AddRange(
            from text in MergedTexts
            from token in tokens
            where token.Length > 0 && text.Contains(token, StringComparison.Ordinal)
            select $"the merged text \"{text}\" contains the control token \"{token}\""
        );
        faults.AddRange(
            from name in (string?[])[BosToken, EosToken, PadToken]
            where name is not null && !tokens.Contains(name, StringComparer.Ordinal)
            select $"\"{name}\" is named as a begin, end or padding token and is no control token"
        );
        if (ModelMaxLength < 1)
        {
            faults.Add($"ModelMaxLength is {ModelMaxLength} and must be at least 1");
        }

        if (faults.Count > 0)
        {
            throw new ArgumentException($"The tokenizer recipe has faults: {string.Join("; ", faults)}.");
        }
    }
}
