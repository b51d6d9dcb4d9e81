using System.Text;

namespace RewardReasoning.Lab.Arithmetic;

/// <summary>
/// An expression worked out in writing: the expression in normal form, then one operation at a time (<see cref="ColumnArithmetic"/>),
/// with what is left of the expression written again after each, until the last <c>=</c> is followed by the value.
/// <c>a/b*c</c> becomes <c>a*c/b</c> and <c>c/(a/b)</c> becomes <c>c*b/a</c> before anything is computed, so that fractions which do not
/// end (<c>1/3*60</c>) never arise on the way.
/// </summary>
/// <param name="Text">All steps.</param>
/// <param name="Value">The value.</param>
internal sealed record WorkedSolution(string Text, decimal Value)
{
    /// <summary>Solutions beyond this many characters are not written.</summary>
    public const int MaximumLength = 320;

    /// <summary>Length class of the steps: up to 25 characters, up to 70, longer.</summary>
    public string Difficulty =>
        Text.Length <= 25 ? "easy"
        : Text.Length <= 70 ? "medium"
        : "hard";

    /// <summary>A value whose steps are not written down; it counts among the longest.</summary>
    public static WorkedSolution Unwritten(decimal value) => new(new string(' ', MaximumLength), value);

    /// <summary>Works the expression out; null when a quotient on the way does not end, or the text would grow too long.</summary>
    public static WorkedSolution? TryWrite(Expression expression)
    {
        List<ExpressionToken> tokens = [.. expression.Tokens];
        StringBuilder text = new(Expression.Render(tokens));
        if (tokens.Count == 1)
        {
            _ = text.Append('=').Append(Expression.Format(tokens[0].Value));
        }

        while (tokens.Count > 1)
        {
            if (Simplify(tokens))
            {
                _ = text.Append('|').Append(Expression.Render(tokens));
                _ = tokens.Count == 1 ? text.Append('=').Append(Expression.Format(tokens[0].Value)) : text;
                continue;
            }

            int at = NextOperation(tokens);
            (decimal a, char operation, decimal b) = (tokens[at - 1].Value, tokens[at].Symbol, tokens[at + 1].Value);
            if (tokens.Count > 3)
            {
                _ = text.Append('|').Append(Expression.Format(a)).Append(operation).Append(Expression.Format(b));
            }

            if (ColumnArithmetic.Write(text, a, operation, b) is not { } result)
            {
                return null;
            }

            tokens.RemoveRange(at - 1, 3);
            tokens.Insert(at - 1, ExpressionToken.Number(result));
            DropParenthesesAround(tokens, at - 1);
            if (tokens.Count > 1)
            {
                _ = text.Append('|').Append(Expression.Render(tokens));
            }

            if (text.Length > MaximumLength)
            {
                return null;
            }
        }

        return text.Length > MaximumLength ? null : new WorkedSolution(text.ToString(), tokens[0].Value);
    }

    /// <summary>The innermost parentheses that close first, or everything: first and last token inside.</summary>
    private static (int First, int Last) InnermostGroup(List<ExpressionToken> tokens)
    {
        int close = tokens.FindIndex(token => token.Symbol == ')');
        return close < 0 ? (0, tokens.Count - 1) : (tokens.FindLastIndex(close, token => token.Symbol == '(') + 1, close - 1);
    }

    /// <summary>One step that only moves text: parentheses that change nothing are dropped, a/b*c becomes a*c/b.</summary>
    private static bool Simplify(List<ExpressionToken> tokens)
    {
        (int first, int last) = InnermostGroup(tokens);
        if (first == last && first > 0)
        {
            DropParenthesesAround(tokens, first);
            return true;
        }

        if (first > 0 && IsFractionBesideProduct(tokens, first, last))
        {
            tokens.RemoveAt(last + 1);
            tokens.RemoveAt(first - 1);
            return true;
        }

        if (first >= 2 && last == first + 2 && tokens[first + 1].Symbol == '/' && tokens[first - 2].Symbol == '/')
        {
            (ExpressionToken a, ExpressionToken b) = (tokens[first], tokens[last]);
            tokens.RemoveRange(first - 2, 6);
            tokens.InsertRange(first - 2, [new('*', 0), b, new('/', 0), a]);
            return true;
        }

        for (int i = first + 1; i + 3 <= last; i += 2)
        {
            if (tokens[i].Symbol == '/' && tokens[i + 2].Symbol == '*')
            {
                (ExpressionToken b, ExpressionToken c) = (tokens[i + 1], tokens[i + 3]);
                (tokens[i], tokens[i + 1], tokens[i + 2], tokens[i + 3]) = (new('*', 0), c, new('/', 0), b);
                return true;
            }
        }

        return false;
    }

    private static bool IsFractionBesideProduct(List<ExpressionToken> tokens, int first, int last)
    {
        bool hasQuotient = false;
        for (int i = first + 1; i < last; i += 2)
        {
            if (tokens[i].Symbol is not ('*' or '/'))
            {
                return false;
            }

            hasQuotient |= tokens[i].Symbol == '/';
        }

        char before = first >= 2 ? tokens[first - 2].Symbol : '(';
        char after = last + 2 < tokens.Count ? tokens[last + 2].Symbol : ')';
        return hasQuotient && before != '/' && (before == '*' || after == '*');
    }

    private static int NextOperation(List<ExpressionToken> tokens)
    {
        (int first, int last) = InnermostGroup(tokens);
        for (int i = first + 1; i < last; i += 2)
        {
            if (tokens[i].Symbol is '*' or '/')
            {
                return i;
            }
        }

        return first + 1;
    }

    private static void DropParenthesesAround(List<ExpressionToken> tokens, int number)
    {
        while (number > 0 && number + 1 < tokens.Count && tokens[number - 1].Symbol == '(' && tokens[number + 1].Symbol == ')')
        {
            tokens.RemoveAt(number + 1);
            tokens.RemoveAt(number - 1);
            number--;
        }
    }
}
