using RewardReasoning.Verification.Arithmetic;

namespace RewardReasoning.Lab.Arithmetic;

/// <summary>The rarer shapes of real expressions, about one in nine, which an average hides.</summary>
internal static class ArithmeticTail
{
    /// <summary>
    /// Whether the expression divides by more than 99, holds an operand over 9,999, a quotient that does not end, or no operation.
    /// </summary>
    public static bool Contains(Expression expression)
    {
        ArgumentNullException.ThrowIfNull(expression);
        IReadOnlyList<ExpressionToken> tokens = expression.Tokens;
        bool found = expression.OperationCount == 0;
        for (int i = 0; i < tokens.Count; i++)
        {
            found |= tokens[i].IsNumber && Math.Abs(tokens[i].Value) > 9_999;
            if (i > 0 && i + 1 < tokens.Count && tokens[i].Symbol == '/' && tokens[i - 1].IsNumber && tokens[i + 1].IsNumber)
            {
                decimal divisor = tokens[i + 1].Value;
                found |=
                    divisor > 99 || (divisor != 0 && (Fraction.From(tokens[i - 1].Value) / Fraction.From(divisor)).ToDecimal(6) is null);
            }
        }

        return found;
    }
}
