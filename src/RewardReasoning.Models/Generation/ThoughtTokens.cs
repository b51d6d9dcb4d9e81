using RewardReasoning.Text.Tokenization;

namespace RewardReasoning.Models.Generation;

/// <summary>The two tokens between which a model thinks.</summary>
/// <param name="Open">Id of <c>&lt;think&gt;</c>.</param>
/// <param name="Close">Id of <c>&lt;/think&gt;</c>.</param>
public readonly record struct ThoughtTokens(int Open, int Close)
{
    /// <summary>Those of a tokenizer; null where it does not have both as tokens.</summary>
    public static ThoughtTokens? Find(Tokenizer tokenizer)
    {
        ArgumentNullException.ThrowIfNull(tokenizer);
        return tokenizer.FindToken("<think>") is { } open && tokenizer.FindToken("</think>") is { } close
            ? new ThoughtTokens(open, close)
            : null;
    }
}
