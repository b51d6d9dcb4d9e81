using System.Globalization;
using System.Numerics;

namespace RewardReasoning.Data.Rows;

/// <summary>Decimals of any number of digits, as text of JSON numbers and back.</summary>
internal static class DecimalText
{
    public static string Of(BigInteger unscaled, int scale)
    {
        string digits = BigInteger.Abs(unscaled).ToString(CultureInfo.InvariantCulture).PadLeft(Math.Max(scale, 0) + 1, '0');
        string sign = unscaled.Sign < 0 ? "-" : "";
        return scale > 0 ? $"{sign}{digits[..^scale]}.{digits[^scale..]}" : sign + digits;
    }

    /// <exception cref="FormatException">It is not a number, or has more digits behind the point than the scale.</exception>
    public static BigInteger Parse(string text, int scale)
    {
        int point = text.IndexOf('.', StringComparison.Ordinal);
        string fraction = point < 0 ? "" : text[(point + 1)..];
        if (fraction.Length > scale || fraction.AsSpan().ContainsAnyExceptInRange('0', '9'))
        {
            throw new FormatException($"'{text}' is not a number with at most {scale} digits behind the point.");
        }

        return BigInteger.Parse(
            (point < 0 ? text : text[..point]) + fraction.PadRight(scale, '0'),
            NumberStyles.AllowLeadingSign,
            CultureInfo.InvariantCulture
        );
    }
}
