using RewardReasoning.Lab.Worlds;

namespace RewardReasoning.Lab.Arithmetic;

/// <summary>
/// Which expressions are held out: a hash of the normal form decides, so that <c>.5*4</c> and <c>0.50 * 4</c> always fall on the same
/// side, in real data and in generated data alike.
/// </summary>
internal static class ArithmeticSplit
{
    /// <summary>One expression in this many is held out.</summary>
    public const int HeldOutOneIn = 10;

    private const int HeldOutResidue = 3;

    /// <summary>Whether the expression is for testing only.</summary>
    public static bool IsHeldOut(Expression expression) => WorldFiles.Hash(expression.Normalized) % HeldOutOneIn == HeldOutResidue;
}
