using System.Globalization;
using RewardReasoning.Verification.Arithmetic;

namespace RewardReasoning.Lab.Arithmetic;

/// <summary>A wrong value that somebody could have arrived at, and by which kind of mistake.</summary>
/// <param name="Value">Never equal to the right value.</param>
/// <param name="Kind">digit, carry, scale, slip, order or propagated.</param>
internal sealed record WrongAnswer(decimal Value, string Kind)
{
    /// <summary>Draws a mistake; kinds that the expression does not allow fall back to a wrong digit.</summary>
    public static WrongAnswer Draw(ArithmeticProblem problem, SeededRandom random)
    {
        decimal right = problem.Solution.Value;
        bool several = problem.Expression.OperationCount > 1;
        for (int attempt = 0; attempt < 100; attempt++)
        {
            double roll = random.NextUnit();
            (decimal? value, string kind) =
                several && roll < 0.20 ? (WrongOrder(problem.Expression, random), "order")
                : several && roll < 0.40 ? (Propagated(problem.Expression, random), "propagated")
                : roll < 0.70 ? (WrongDigit(right, random), "digit")
                : roll < 0.85 ? (Carry(right, random), "carry")
                : roll < 0.92 ? (random.Chance(0.5) ? right * 10 : right / 10, "scale")
                : (OperatorSlip(problem.Expression, random), "slip");
            if (
                value is { } wrong
                && wrong != right
                && (wrong >= 0 || right < 0 || kind == "slip")
                && Math.Abs(wrong) < 1e9m
                && Fraction.From(wrong).ToDecimal(5) is not null
            )
            {
                return new WrongAnswer(wrong, kind);
            }
        }

        return new WrongAnswer(right + 1, "carry");
    }

    private static decimal? WrongDigit(decimal right, SeededRandom random)
    {
        char[] digits = Expression.Format(right).ToCharArray();
        int at = random.Next(digits.Length);
        if (!char.IsAsciiDigit(digits[at]))
        {
            return null;
        }

        int digit = digits[at] - '0';
        digits[at] = (char)('0' + (random.Chance(0.5) ? Math.Clamp(digit + (random.Chance(0.5) ? 1 : -1), 0, 9) : random.Next(10)));
        return decimal.Parse(digits, CultureInfo.InvariantCulture);
    }

    private static decimal Carry(decimal right, SeededRandom random)
    {
        string digits = Expression.Format(Math.Abs(right));
        int point = digits.IndexOf('.', StringComparison.Ordinal);
        int decimals = point < 0 ? 0 : digits.Length - point - 1;
        int whole = point < 0 ? digits.Length : point;
        decimal step = 1;
        for (int place = random.Between(-decimals, whole - 1); place != 0; place -= Math.Sign(place))
        {
            step = place > 0 ? step * 10 : step / 10;
        }

        return random.Chance(0.5) ? right + step : right - step;
    }

    private static decimal? OperatorSlip(Expression expression, SeededRandom random)
    {
        List<ExpressionToken> tokens = [.. expression.Tokens];
        int[] operators = [.. Enumerable.Range(0, tokens.Count).Where(i => tokens[i].IsOperator)];
        if (operators.Length == 0)
        {
            return null;
        }

        int at = operators[random.Next(operators.Length)];
        tokens[at] = new("+-*/"[random.Next(4)], 0);
        return ValueOf(Expression.Render(tokens));
    }

    /// <summary>Left to right without precedence, or with the parentheses forgotten.</summary>
    private static decimal? WrongOrder(Expression expression, SeededRandom random)
    {
        List<ExpressionToken> flat = [.. expression.Tokens.Where(token => token.Symbol is not ('(' or ')'))];
        if (random.Chance(0.5))
        {
            return ValueOf(Expression.Render(flat));
        }

        Fraction result = Fraction.From(flat[0].Value);
        for (int i = 1; i + 1 < flat.Count; i += 2)
        {
            Fraction next = Fraction.From(flat[i + 1].Value);
            if (flat[i].Symbol == '/' && next.Numerator.IsZero)
            {
                return null;
            }

            result = flat[i].Symbol switch
            {
                '+' => result + next,
                '-' => result - next,
                '*' => result * next,
                _ => result / next,
            };
        }

        return result.ToDecimal(5);
    }

    /// <summary>One number on the way misread by a digit, the rest computed rightly.</summary>
    private static decimal? Propagated(Expression expression, SeededRandom random)
    {
        List<ExpressionToken> tokens = [.. expression.Tokens];
        int[] numbers = [.. Enumerable.Range(0, tokens.Count).Where(i => tokens[i].IsNumber)];
        int at = numbers[random.Next(numbers.Length)];
        if (WrongDigit(tokens[at].Value, random) is not { } misread)
        {
            return null;
        }

        tokens[at] = ExpressionToken.Number(misread);
        return ValueOf(Expression.Render(tokens));
    }

    private static decimal? ValueOf(string text) => Expression.TryParse(text)?.Evaluate()?.ToDecimal(5);
}
