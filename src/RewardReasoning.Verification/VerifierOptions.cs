using System.ComponentModel.DataAnnotations;

namespace RewardReasoning.Verification;

/// <summary>What counts as the same answer, and how much work may be spent on finding out.</summary>
public sealed record VerifierOptions
{
    /// <summary>
    /// Decimal places to which numbers are compared where one of them is written as a decimal. Exact numbers are compared exactly.
    /// </summary>
    [Range(1, 50)]
    public int Decimals { get; init; } = 6;

    /// <summary>Whether names of variables and kinds of brackets count. Without it f(y) equals f(x) and {1, 3} equals (1, 3).</summary>
    public bool Strict { get; init; } = true;

    /// <summary>
    /// Whether a gold set equals a predicted inequality with that solution: [-2, 7] and -2 ≤ x ≤ 7. The other way round always holds.
    /// </summary>
    public bool SetEqualsInequality { get; init; } = true;

    /// <summary>
    /// Whether both answers are choice letters: the letter is looked for, and nothing else. Null: they are where the gold answer is a
    /// single
    /// capital letter from A to J.
    /// </summary>
    public bool? Choices { get; init; }

    /// <summary>Longest answer that is parsed, in characters; a longer one is compared as text.</summary>
    [Range(1, 100_000)]
    public int MaxAnswerLength { get; init; } = 4_000;

    /// <summary>
    /// Steps of work for one pair of answers: a step is about one operation on a machine word. Beyond it the verdict is Unknown.
    /// </summary>
    [Range(1, 100_000_000)]
    public int MaxSteps { get; init; } = 400_000;
}
