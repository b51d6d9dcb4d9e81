using System.Globalization;
using System.Text;
using RewardReasoning.Verification.Arithmetic;

namespace RewardReasoning.Lab.Arithmetic;

/// <summary>One number, operator or parenthesis of an expression. <paramref name="Symbol"/> is <c>'n'</c> for a number.</summary>
internal readonly record struct ExpressionToken(char Symbol, decimal Value)
{
    /// <summary>Whether this is a number.</summary>
    public bool IsNumber => Symbol == 'n';

    /// <summary>Whether this is one of + - * /.</summary>
    public bool IsOperator => Symbol is '+' or '-' or '*' or '/';

    /// <summary>A number token.</summary>
    public static ExpressionToken Number(decimal value) => new('n', value);
}

/// <summary>
/// A calculator expression as people write them in grade-school mathematics: + - * /, parentheses, decimals in any spelling
/// (<c>.5</c>, <c>1.50</c>), <c>%</c> meaning a hundredth, blanks.
/// </summary>
internal sealed class Expression
{
    private Expression(string text, IReadOnlyList<ExpressionToken> tokens)
    {
        Text = text;
        Tokens = tokens;
    }

    /// <summary>As written.</summary>
    public string Text { get; }

    /// <summary>Numbers (sign and <c>%</c> folded in), operators and parentheses.</summary>
    public IReadOnlyList<ExpressionToken> Tokens { get; }

    /// <summary>How many of + - * / it holds; signs of numbers do not count.</summary>
    public int OperationCount => Tokens.Count(token => token.IsOperator);

    /// <summary>The one spelling of everything that is the same expression: no blanks, numbers in normal form.</summary>
    public string Normalized => Render(Tokens);

    /// <summary>Reads an expression; null when the text is not an expression.</summary>
    public static Expression? TryParse(string text)
    {
        List<ExpressionToken> tokens = [];
        int at = 0;
        bool operandExpected = true;
        int depth = 0;
        while (at < text.Length)
        {
            char c = text[at];
            if (c == ' ')
            {
                at++;
            }
            else if (operandExpected && c == '(')
            {
                tokens.Add(new('(', 0));
                depth++;
                at++;
            }
            else if (operandExpected)
            {
                if (TryReadNumber(text, ref at) is not { } value)
                {
                    return null;
                }

                tokens.Add(ExpressionToken.Number(value));
                operandExpected = false;
            }
            else if (c == ')' && depth > 0)
            {
                tokens.Add(new(')', 0));
                depth--;
                at++;
            }
            else if (c is '+' or '-' or '*' or '/')
            {
                tokens.Add(new(c, 0));
                operandExpected = true;
                at++;
            }
            else
            {
                return null;
            }
        }

        return operandExpected || depth != 0 ? null : new Expression(text, tokens);
    }

    /// <summary>The exact value; null where it divides by zero.</summary>
    internal Fraction? Evaluate()
    {
        int at = 0;
        try
        {
            return Sum(Tokens, ref at);
        }
        catch (DivideByZeroException)
        {
            return null;
        }
    }

    /// <summary>A number without blanks, leading or trailing zeros: <c>0.5</c>, <c>12</c>, <c>-3.25</c>.</summary>
    public static string Format(decimal number) => (number / 1.0000000000000000000000000000m).ToString(CultureInfo.InvariantCulture);

    /// <summary>Tokens as text in normal form.</summary>
    public static string Render(IEnumerable<ExpressionToken> tokens)
    {
        StringBuilder text = new();
        foreach (ExpressionToken token in tokens)
        {
            _ = token.IsNumber ? text.Append(Format(token.Value)) : text.Append(token.Symbol);
        }

        return text.ToString();
    }

    /// <inheritdoc/>
    public override string ToString() => Text;

    private static decimal? TryReadNumber(string text, ref int at)
    {
        int start = at;
        if (at < text.Length && (text[at] is '-' or '+'))
        {
            at++;
        }

        int digits = 0;
        int points = 0;
        while (at < text.Length && (char.IsAsciiDigit(text[at]) || text[at] == '.'))
        {
            _ = text[at] == '.' ? points++ : digits++;
            at++;
        }

        if (digits is 0 or > 15 || points > 1)
        {
            return null;
        }

        decimal value = decimal.Parse(text.AsSpan(start, at - start), NumberStyles.Number, CultureInfo.InvariantCulture);
        if (at < text.Length && text[at] == '%')
        {
            at++;
            value /= 100;
        }

        return value;
    }

    private static Fraction Sum(IReadOnlyList<ExpressionToken> tokens, ref int at)
    {
        Fraction value = Product(tokens, ref at);
        while (at < tokens.Count && tokens[at].Symbol is '+' or '-')
        {
            bool plus = tokens[at++].Symbol == '+';
            Fraction next = Product(tokens, ref at);
            value = plus ? value + next : value - next;
        }

        return value;
    }

    private static Fraction Product(IReadOnlyList<ExpressionToken> tokens, ref int at)
    {
        Fraction value = Operand(tokens, ref at);
        while (at < tokens.Count && tokens[at].Symbol is '*' or '/')
        {
            bool times = tokens[at++].Symbol == '*';
            Fraction next = Operand(tokens, ref at);
            value = times ? value * next : value / next;
        }

        return value;
    }

    private static Fraction Operand(IReadOnlyList<ExpressionToken> tokens, ref int at)
    {
        ExpressionToken token = tokens[at++];
        if (token.IsNumber)
        {
            return Fraction.From(token.Value);
        }

        Fraction inner = Sum(tokens, ref at);
        at++; // the closing parenthesis, which the parser has seen
        return inner;
    }
}
