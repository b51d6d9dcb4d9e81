using RewardReasoning.Verification.Arithmetic;

namespace RewardReasoning.Verification.Parsing;

internal enum TokenKind
{
    End,
    Number,
    Letter,
    Name,

    /// <summary>What \text and its like hold, or a unit after a number.</summary>
    Text,

    /// <summary>A word of plain text.</summary>
    Word,
    Operator,
    Relation,
    Open,
    Close,
    Separator,
    Environment,
    EndEnvironment,
}

/// <summary>One token; <paramref name="Text"/> identifies it within its kind.</summary>
/// <param name="Kind">Its kind.</param>
/// <param name="Text">Digits, name, bracket or symbol.</param>
/// <param name="Number">Value of a number.</param>
/// <param name="IsDecimal">Whether a number has a decimal point.</param>
/// <param name="SpaceBefore">Whether a blank comes before it.</param>
internal readonly record struct MathToken(
    TokenKind Kind,
    string Text,
    Fraction Number = default,
    bool IsDecimal = false,
    bool SpaceBefore = false
)
{
    public bool Is(TokenKind kind, string text) => Kind == kind && Text == text;
}
