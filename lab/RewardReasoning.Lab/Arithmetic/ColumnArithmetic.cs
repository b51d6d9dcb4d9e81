using System.Globalization;
using System.Numerics;
using System.Text;

namespace RewardReasoning.Lab.Arithmetic;

/// <summary>
/// One operation on paper, digit by digit, in steps so small that each can be read off the text before it.
/// <list type="bullet">
/// <item>Sums and differences go column by column from the right, the point marked where it is crossed:
/// <c>28.3-9.6:3-6:13-6=7.8-9-1:18-9-1=8,2-0-1=1=18.7</c>; a digit too small is written, then again with ten borrowed.</item>
/// <item>Products drop zeros and points first, keep them as a tail (<c>'00</c> zeros to append, <c>e2</c> places to shift), and are
/// built from one-digit products: <c>20*120:12*2'00:2*2=4,1*2=2=24'00=2400</c>.</item>
/// <item>Quotients are long divisions, <c>a/b=q&gt;r</c> a step: <c>362/4:36/4=9&gt;0,2/4=0&gt;2.20/4=5&gt;0=90.5</c>.</item>
/// </list>
/// After <c>:</c> stands the same problem in an easier form, after the last <c>=</c> the result in normal form.
/// </summary>
internal static class ColumnArithmetic
{
    /// <summary>Decimal places beyond which a quotient counts as one that does not end.</summary>
    private const int MaximumQuotientDecimals = 6;

    /// <summary>Appends everything after "a op b" and returns the result; null when the quotient does not end.</summary>
    public static decimal? Write(StringBuilder text, decimal a, char operation, decimal b) =>
        operation switch
        {
            '+' => Add(text, a, b),
            '-' => Subtract(text, a, b),
            '*' => Multiply(text, a, b),
            _ => Divide(text, a, b),
        };

    private static decimal Add(StringBuilder text, decimal a, decimal b)
    {
        if (a < 0 && b < 0)
        {
            Rewrite(text, -a, '+', -b);
            return Finish(text, Columns(text, -a, '+', -b), negative: true);
        }

        if (a < 0)
        {
            Rewrite(text, b, '-', -a);
            return Subtract(text, b, -a);
        }

        if (b < 0)
        {
            Rewrite(text, a, '-', -b);
            return Subtract(text, a, -b);
        }

        return Finish(text, Columns(text, a, '+', b), negative: false);
    }

    private static decimal Subtract(StringBuilder text, decimal a, decimal b)
    {
        if (b < 0)
        {
            Rewrite(text, a, '+', -b);
            return Add(text, a, -b);
        }

        if (a < 0)
        {
            Rewrite(text, -a, '+', b);
            return Finish(text, Columns(text, -a, '+', b), negative: true);
        }

        if (a < b)
        {
            Rewrite(text, b, '-', a);
            return Finish(text, Columns(text, b, '-', a), negative: true);
        }

        return Finish(text, Columns(text, a, '-', b), negative: false);
    }

    /// <summary>
    /// Column sum or difference of two numbers that are not negative, a >= b for a difference; ends in "=" and the digits.
    /// </summary>
    private static string Columns(StringBuilder text, decimal a, char operation, decimal b)
    {
        int decimals = Math.Max(Decimals(a), Decimals(b));
        if (Decimals(a) != Decimals(b))
        {
            _ = text.Append(':').Append(Padded(a, decimals)).Append(operation).Append(Padded(b, decimals));
        }

        string left = Digits(a, decimals);
        string right = Digits(b, decimals);
        int width = Math.Max(left.Length, right.Length);
        if (width == 1 || b == 0 || a == 0)
        {
            string direct = operation == '+' ? Padded(a + b, decimals) : Padded(a - b, decimals);
            _ = text.Append('=').Append(direct);
            return direct;
        }

        _ = text.Append(':');
        StringBuilder reversed = new();
        int carry = 0;
        for (int column = 0; column < width; column++)
        {
            int x = DigitAt(left, column);
            int y = DigitAt(right, column);
            if (operation == '+')
            {
                int sum = x + y + carry;
                _ = text.Append(CultureInfo.InvariantCulture, $"{x}+{y}{(carry > 0 ? "+1" : "")}={sum}");
                carry = sum / 10;
                AppendDigits(reversed, sum, last: column == width - 1);
            }
            else
            {
                // What cannot be taken away is written first, then again with ten borrowed: each is one look, not two at once.
                string taken = $"-{y}{(carry > 0 ? "-1" : "")}";
                int top = x - y - carry < 0 ? x + 10 : x;
                int difference = top - y - carry;
                _ = top > x ? text.Append(CultureInfo.InvariantCulture, $"{x}{taken}:") : text;
                _ = text.Append(CultureInfo.InvariantCulture, $"{top}{taken}={difference}");
                carry = top == x ? 0 : 1;
                AppendDigits(reversed, difference, last: false);
            }

            bool crossesPoint = column + 1 == decimals;
            if (crossesPoint)
            {
                _ = reversed.Append('.');
            }

            if (column < width - 1)
            {
                _ = text.Append(crossesPoint ? '.' : ',');
            }
        }

        string result = TrimLeadingZeros(Reverse(reversed));
        _ = text.Append('=').Append(result);
        return result;
    }

    private static decimal Multiply(StringBuilder text, decimal a, decimal b)
    {
        bool negative = a < 0 != b < 0;
        if (a < 0 || b < 0)
        {
            (a, b) = (Math.Abs(a), Math.Abs(b));
            Rewrite(text, a, '*', b);
            negative &= a != 0 && b != 0;
        }

        if (a == 0 || b == 0 || a == 1 || b == 1)
        {
            string direct = Expression.Format(a * b);
            _ = text.Append('=').Append(direct);
            return Finish(text, direct, negative);
        }

        // A zero of one factor pays for a decimal place of the other.
        while ((EndsInZero(a) && Decimals(b) > 0) || (EndsInZero(b) && Decimals(a) > 0))
        {
            (a, b) = EndsInZero(a) && Decimals(b) > 0 ? (a / 10, b * 10) : (a * 10, b / 10);
            Rewrite(text, a, '*', b);
        }

        int places = Decimals(a) + Decimals(b);
        int zeros = 0;
        decimal x = Mantissa(a, ref zeros);
        decimal y = Mantissa(b, ref zeros);
        string tail =
            places > 0 ? $"e{places}"
            : zeros > 0 ? "'" + new string('0', zeros)
            : "";
        bool swap = NonZeroDigits(x) < NonZeroDigits(y) || (NonZeroDigits(x) == NonZeroDigits(y) && x < y && x < 10);
        if (swap)
        {
            (x, y) = (y, x);
        }

        if (tail.Length > 0 || swap)
        {
            Rewrite(text, x, '*', y);
            _ = text.Append(tail);
        }

        string product = Product(text, x, y);
        return Finish(text, ApplyTail(text, product, tail), negative);
    }

    /// <summary>The product of two whole numbers; ends in "=" and its digits.</summary>
    private static string Product(StringBuilder text, decimal x, decimal y)
    {
        string multiplier = Expression.Format(y);
        if (multiplier.Length == 1)
        {
            return DigitProduct(text, x, multiplier[0] - '0');
        }

        decimal sum = 0;
        for (int place = 0; place < multiplier.Length; place++)
        {
            int digit = DigitAt(multiplier, place);
            if (digit == 0)
            {
                continue;
            }

            string zeros = place == 0 ? "" : "'" + new string('0', place);
            _ = text.Append(sum == 0 ? ':' : ';').Append(Expression.Format(x)).Append('*').Append(digit).Append(zeros);
            string part = ApplyTail(text, DigitProduct(text, x, digit), zeros);
            decimal value = decimal.Parse(part, CultureInfo.InvariantCulture);
            if (sum != 0)
            {
                _ = text.Append(';').Append(Expression.Format(sum)).Append('+').Append(part);
                _ = Columns(text, sum, '+', value);
            }

            sum += value;
        }

        return Expression.Format(sum);
    }

    private static string DigitProduct(StringBuilder text, decimal x, int digit)
    {
        string digits = Expression.Format(x);
        if (digits.Length == 1 || digit == 1)
        {
            string direct = Expression.Format(x * digit);
            _ = text.Append('=').Append(direct);
            return direct;
        }

        _ = text.Append(':');
        int carry = 0;
        for (int column = 0; column < digits.Length; column++)
        {
            int d = DigitAt(digits, column);
            int value = (d * digit) + carry;
            _ = text.Append(CultureInfo.InvariantCulture, $"{(column > 0 ? "," : "")}{d}*{digit}{(carry > 0 ? "+" + carry : "")}={value}");
            carry = value / 10;
        }

        string result = Expression.Format(x * digit);
        _ = text.Append('=').Append(result);
        return result;
    }

    private static decimal? Divide(StringBuilder text, decimal a, decimal b)
    {
        if (b == 0)
        {
            return null;
        }

        bool negative = a < 0 != b < 0;
        if (a < 0 || b < 0)
        {
            (a, b) = (Math.Abs(a), Math.Abs(b));
            Rewrite(text, a, '/', b);
            negative &= a != 0;
        }

        if (a == 0 || b == 1)
        {
            string direct = Expression.Format(a);
            _ = text.Append('=').Append(direct);
            return Finish(text, direct, negative);
        }

        while (Decimals(b) > 0)
        {
            (a, b) = (a * 10, b * 10);
            Rewrite(text, a, '/', b);
        }

        while (EndsInZero(a) && EndsInZero(b))
        {
            (a, b) = (a / 10, b / 10);
            Rewrite(text, a, '/', b);
        }

        int places = 0;
        b = Mantissa(b, ref places);
        string tail = places > 0 ? $"e{places}" : "";
        if (places > 0)
        {
            Rewrite(text, a, '/', b);
            _ = text.Append(tail);
        }

        if (b == 1)
        {
            string direct = Expression.Format(a);
            _ = text.Append('=').Append(direct);
            return Finish(text, ApplyTail(text, direct, tail), negative);
        }

        return LongDivision(text, a, b) is { } quotient ? Finish(text, ApplyTail(text, quotient, tail), negative) : null;
    }

    /// <summary>a / b for a whole b that does not end in 0; ends in "=" and the quotient. Null when it does not end.</summary>
    private static string? LongDivision(StringBuilder text, decimal a, decimal b)
    {
        string digits = Expression.Format(a);
        int point = digits.IndexOf('.', StringComparison.Ordinal);
        string whole = point < 0 ? digits : digits[..point];
        string fraction = point < 0 ? "" : digits[(point + 1)..];
        if (fraction.Length == 0 && b < 10 && a % b == 0 && a / b < 10)
        {
            string direct = Expression.Format(a / b);
            _ = text.Append('=').Append(direct);
            return direct;
        }

        _ = text.Append(':');
        StringBuilder quotient = new();
        decimal rest = 0;
        for (int i = 0; i < whole.Length; i++)
        {
            rest = (rest * 10) + (whole[i] - '0');
            if (quotient.Length == 0 && rest < b && i < whole.Length - 1)
            {
                continue;
            }

            _ = text.Append(quotient.Length > 0 ? "," : "");
            rest = DivisionStep(text, quotient, rest, b);
        }

        for (int i = 0; i < fraction.Length || rest != 0; i++)
        {
            if (i == MaximumQuotientDecimals)
            {
                return null;
            }

            _ = text.Append(i == 0 ? '.' : ',');
            _ = i == 0 ? quotient.Append('.') : quotient;
            rest = (rest * 10) + (i < fraction.Length ? fraction[i] - '0' : 0);
            rest = DivisionStep(text, quotient, rest, b);
        }

        string result = quotient.ToString();
        _ = text.Append('=').Append(result);
        return result;
    }

    private static decimal DivisionStep(StringBuilder text, StringBuilder quotient, decimal rest, decimal b)
    {
        decimal digit = decimal.Floor(rest / b);
        decimal left = rest - (digit * b);
        _ = text.Append(CultureInfo.InvariantCulture, $"{Expression.Format(rest)}/{Expression.Format(b)}={Expression.Format(digit)}");
        if (b > 9 && digit > 0)
        {
            decimal product = digit * b;
            _ = digit > 1 ? text.Append(CultureInfo.InvariantCulture, $":{Expression.Format(product)}") : text;
            if (left > 0 && b > 12)
            {
                _ = text.Append(';').Append(Expression.Format(rest)).Append('-').Append(Expression.Format(product));
                _ = Columns(text, rest, '-', product);
            }
        }

        _ = text.Append(CultureInfo.InvariantCulture, $">{Expression.Format(left)}");
        _ = quotient.Append(Expression.Format(digit));
        return left;
    }

    /// <summary>
    /// Writes the tail behind digits just written, and what becomes of them: zeros appended, or the point moved left place by place.
    /// </summary>
    private static string ApplyTail(StringBuilder text, string digits, string tail)
    {
        if (tail.Length == 0)
        {
            return digits;
        }

        _ = text.Append(tail);
        if (tail[0] == '\'')
        {
            string whole = digits + tail[1..];
            _ = text.Append('=').Append(whole);
            return whole;
        }

        for (int places = int.Parse(tail.AsSpan(1), CultureInfo.InvariantCulture); places > 0; places--)
        {
            digits = MovePointLeft(digits);
            _ = text.Append('=').Append(digits);
            _ = places > 1 ? text.Append('e').Append(places - 1) : text;
        }

        return digits;
    }

    private static string MovePointLeft(string digits)
    {
        int point = digits.IndexOf('.', StringComparison.Ordinal);
        string whole = point < 0 ? digits : digits[..point];
        string fraction = point < 0 ? "" : digits[(point + 1)..];
        string kept = whole.Length > 1 ? whole[..^1] : "0";
        return $"{kept}.{whole[^1]}{fraction}";
    }

    /// <summary>The end of an operation: digits in normal form, with their sign, where that changes them.</summary>
    private static decimal Finish(StringBuilder text, string digits, bool negative)
    {
        decimal value = decimal.Parse(digits, CultureInfo.InvariantCulture) * (negative ? -1 : 1);
        string normal = Expression.Format(value);
        if (normal != digits)
        {
            _ = text.Append('=').Append(normal);
        }

        return value;
    }

    private static void Rewrite(StringBuilder text, decimal a, char operation, decimal b) =>
        text.Append(':').Append(Expression.Format(a)).Append(operation).Append(Expression.Format(b));

    private static int Decimals(decimal value) => (value / 1.0000000000000000000000000000m).Scale;

    private static bool EndsInZero(decimal value) => value != 0 && value % 10 == 0;

    private static string Padded(decimal value, int decimals) => value.ToString("F" + decimals, CultureInfo.InvariantCulture);

    private static string Digits(decimal value, int decimals) => Padded(value, decimals).Replace(".", "", StringComparison.Ordinal);

    private static int DigitAt(string digits, int column) => column < digits.Length ? digits[^(column + 1)] - '0' : 0;

    private static int NonZeroDigits(decimal value) => Expression.Format(value).Count(c => c is not ('0' or '.'));

    /// <summary>The digits as a whole number without trailing zeros; the zeros taken off are added to <paramref name="zeros"/>.</summary>
    private static decimal Mantissa(decimal value, ref int zeros)
    {
        BigInteger whole = new(value * (decimal)Math.Pow(10, Decimals(value)));
        while (whole % 10 == 0)
        {
            whole /= 10;
            zeros++;
        }

        return (decimal)whole;
    }

    private static void AppendDigits(StringBuilder reversed, int value, bool last)
    {
        _ = reversed.Append((char)('0' + (value % 10)));
        _ = last && value > 9 ? reversed.Append((char)('0' + (value / 10))) : reversed;
    }

    private static string Reverse(StringBuilder reversed)
    {
        char[] characters = reversed.ToString().ToCharArray();
        Array.Reverse(characters);
        return new string(characters);
    }

    private static string TrimLeadingZeros(string digits)
    {
        string trimmed = digits.TrimStart('0');
        return trimmed.Length == 0 || trimmed[0] == '.' ? "0" + trimmed : trimmed;
    }
}
