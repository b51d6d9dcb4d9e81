using RewardReasoning.Text.Tokenization;

namespace RewardReasoning.Models.Generation;

/// <summary>The two tokens between which a model reasons.</summary>
/// <param name="Open">Id of <c>&lt;think&gt;</c>.</param>
/// <param name="Close">Id of <c>&lt;/think&gt;</c>.</param>
internal readonly record struct ReasoningTags(int Open, int Close)
{
    public const string OpenText = ReasoningText.OpenTag;
    public const string CloseText = ReasoningText.CloseTag;

    /// <summary>Those of a tokenizer; null where it does not have both as tokens.</summary>
    public static ReasoningTags? Find(Tokenizer tokenizer) =>
        tokenizer.FindToken(OpenText) is { } open && tokenizer.FindToken(CloseText) is { } close ? new ReasoningTags(open, close) : null;
}
