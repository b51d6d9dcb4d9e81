using System.Globalization;
using System.Numerics;
using System.Text;
using RewardReasoning.Verification.Arithmetic;

namespace RewardReasoning.Verification.Parsing;

// Numbers: groups of three digits, decimals, repeating decimals, scientific notation.
internal sealed partial class MathLexer
{
    private const int MaxExponent = 400;

    private void ReadNumber()
    {
        StringBuilder digits = new();
        TakeDigits(digits);
        int lead = digits.Length;
        while (lead is > 0 and <= 3 && TryGroup(out int next))
        {
            _at = next;
            digits.Append(text, _at, 3);
            _at += 3;
        }

        bool isDecimal = false;
        int point = digits.Length;
        bool commaPoint = commas == CommaReading.Decimal && _depth == 0 && Next(0) == ',' && Next(1) is >= '0' and <= '9';
        if ((Next(0) == '.' || commaPoint) && (Next(1) is >= '0' and <= '9' || Follows("\\overline{", 1) || Follows("\\bar{", 1)))
        {
            isDecimal = true;
            _at++;
            TakeDigits(digits);
        }
        else if (Next(0) == '.' && lead > 0 && _at + 1 < text.Length && text[_at + 1] is ' ' or '}' or '$' && !EndsHere(_at + 1))
        {
            // "3." inside a longer text would be a sentence's end; that is no single answer.
            _failed = true;
        }

        int decimals = digits.Length - point;
        BigInteger mantissa = digits.Length == 0 ? BigInteger.Zero : BigInteger.Parse(digits.ToString(), CultureInfo.InvariantCulture);
        Fraction value = new(mantissa, BigInteger.Pow(10, decimals));
        if (isDecimal && (Follows("\\overline{", 0) || Follows("\\bar{", 0)))
        {
            _at = text.IndexOf('{', _at);
            string repeated = TakeArgument();
            if (repeated.Length is 0 or > 100 || repeated.Any(c => !char.IsAsciiDigit(c)))
            {
                _failed = true;
                return;
            }

            BigInteger nines = BigInteger.Pow(10, repeated.Length) - 1;
            value += new Fraction(BigInteger.Parse(repeated, CultureInfo.InvariantCulture), nines * BigInteger.Pow(10, decimals));
            isDecimal = false;
        }

        Add(new MathToken(TokenKind.Number, digits.ToString(), value, isDecimal));
        ReadScientific();
    }

    /// <summary>1.5e-7, as a product, so that a huge exponent stays small.</summary>
    private void ReadScientific()
    {
        int sign = Next(1) is '+' or '-' ? 1 : 0;
        if (Next(0) is not ('e' or 'E') || Next(1 + sign) is not (>= '0' and <= '9'))
        {
            return;
        }

        int end = _at + 1 + sign;
        while (end < text.Length && char.IsAsciiDigit(text[end]))
        {
            end++;
        }

        if (end < text.Length && char.IsAsciiLetter(text[end]))
        {
            return;
        }

        BigInteger exponent = BigInteger.Parse(
            text.AsSpan(_at + 1, end - _at - 1),
            NumberStyles.AllowLeadingSign,
            CultureInfo.InvariantCulture
        );
        _at = end;
        if (BigInteger.Abs(exponent) <= MaxExponent)
        {
            MathToken number = _tokens[^1];
            BigInteger power = BigInteger.Pow(10, (int)BigInteger.Abs(exponent));
            _tokens[^1] = number with
            {
                Number = exponent.Sign < 0 ? number.Number / new Fraction(power, 1) : number.Number * new Fraction(power, 1),
            };
        }
        else
        {
            Add(Op("*"));
            Add(new MathToken(TokenKind.Number, "10", new Fraction(10, 1)));
            Add(Op("^"));
            Add(new MathToken(TokenKind.Open, "group"));
            if (exponent.Sign < 0)
            {
                Add(Op("-"));
            }

            Add(new MathToken(TokenKind.Number, "", new Fraction(BigInteger.Abs(exponent), 1)));
            Add(new MathToken(TokenKind.Close, "group"));
        }
    }

    private void TakeDigits(StringBuilder into)
    {
        while (_at < text.Length && char.IsAsciiDigit(text[_at]))
        {
            into.Append(text[_at++]);
        }
    }

    /// <summary>Whether another group of three digits of the same number follows, and where it starts.</summary>
    private bool TryGroup(out int next)
    {
        bool mark = Follows("{,}", 0) || Follows(",\\!", 0);
        next =
            _at
            + (
                mark ? 3
                : Follows("\\,", 0) || Follows("\\ ", 0) ? 2
                : Next(0) is ' ' or '~' ? 1
                : Next(0) == ',' && commas == CommaReading.Thousands && _depth == 0 ? 1
                : 0
            );
        if (next == _at)
        {
            return false;
        }

        while (mark && next < text.Length && text[next] == ' ')
        {
            next++;
        }

        return next + 3 <= text.Length
            && text.AsSpan(next, 3).IndexOfAnyExceptInRange('0', '9') < 0
            && (next + 3 == text.Length || !char.IsAsciiDigit(text[next + 3]));
    }
}
