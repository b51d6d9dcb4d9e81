using System.Globalization;
using System.Numerics;
using RewardReasoning.Verification.Arithmetic;
using RewardReasoning.Verification.Evaluators;
using RewardReasoning.Verification.Parsing;

namespace RewardReasoning.Verification;

/// <summary>
/// Values of arithmetic expressions, as a pocket calculator gives them but exact: numbers, <c>+ - * / ^ %</c>, parentheses, and the
/// functions and constants of the verifier's own grammar, LaTeX too. Work and length are bounded, so that any text is safe to compute.
/// </summary>
internal static class Calculator
{
    /// <summary>Most characters of an expression.</summary>
    public const int MaximumLength = 500;

    private const int Steps = 50_000;
    private const int MostDecimals = 12;
    private const int MostDigits = 60;
    private const int RoundedDigits = 10;

    /// <summary>
    /// The value: exact where its decimals end within 12 places, else rounded to 10 digits behind a <c>≈</c>. Null where the text is no
    /// expression, has variables or no real value, or asks for more than 60 digits or too much work.
    /// </summary>
    public static string? Compute(string expression)
    {
        ArgumentNullException.ThrowIfNull(expression);
        if (expression.Length > MaximumLength)
        {
            return null;
        }

        try
        {
            WorkBudget budget = new(Steps);
            if (MathParser.Parse(expression.Trim(), CommaReading.Thousands, budget) is not { } node || NodeRewriter.Variables(node).Any())
            {
                return null;
            }

            if (new ExactEvaluator(budget).Evaluate(node) is { } exact)
            {
                return Exact(exact);
            }

            NumericEvaluator numeric = new(budget, 0);
            return numeric.Evaluate(node) is { IsReal: true } value && !numeric.MetUnknown && !numeric.MetTiny
                ? Rounded(value.RealPart)
                : null;
        }
        catch (WorkBudgetException)
        {
            return null;
        }
    }

    private static string? Exact(Fraction value)
    {
        BigInteger scaled = value.Numerator * BigInteger.Pow(10, MostDecimals);
        if (!(scaled % value.Denominator).IsZero)
        {
            return Rounded((double)value.Numerator / (double)value.Denominator);
        }

        BigInteger mantissa = BigInteger.Abs(scaled / value.Denominator);
        string digits = mantissa.ToString(CultureInfo.InvariantCulture).PadLeft(MostDecimals + 1, '0');
        string text = $"{digits[..^MostDecimals]}.{digits[^MostDecimals..]}".TrimEnd('0').TrimEnd('.');
        return text.Length > MostDigits ? null
            : value.Numerator.Sign < 0 ? "-" + text
            : text;
    }

    private static string? Rounded(double value) =>
        double.IsFinite(value) ? "≈" + value.ToString("G" + RoundedDigits, CultureInfo.InvariantCulture) : null;
}
