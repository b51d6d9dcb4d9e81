using System.Buffers;
using System.Globalization;
using System.Numerics;
using System.Text.RegularExpressions;
using RewardReasoning.Verification.Arithmetic;

namespace RewardReasoning.Verification.Parsing;

/// <summary>Ways of writing numbers that the lexer does not know: other groupings, roman numerals, 7k, 0xff, 0.333….</summary>
internal static partial class NumberForms
{
    private const int MaxLength = 60;
    private static readonly SearchValues<char> Brackets = SearchValues.Create("()[]{}");
    private static readonly SearchValues<char> RomanLetters = SearchValues.Create("IVXLCDM");

    private static readonly (string Letters, int Value)[] Roman =
    [
        ("M", 1000),
        ("CM", 900),
        ("D", 500),
        ("CD", 400),
        ("C", 100),
        ("XC", 90),
        ("L", 50),
        ("XL", 40),
        ("X", 10),
        ("IX", 9),
        ("V", 5),
        ("IV", 4),
        ("I", 1),
    ];

    /// <summary>
    /// The text with a number in it regrouped, where its grouping leaves no doubt: 1'000'000, 12,34,567, 1.234.567, 1.234,56 and
    /// 1 234 567,89.
    /// </summary>
    public static string Regroup(string text)
    {
        if (text.Length > MaxLength || !text.AsSpan().ContainsAny(",.'’_") || text.AsSpan().ContainsAny(Brackets))
        {
            return text;
        }

        Match match = Quoted().Match(text);
        if (match.Success)
        {
            return Put(
                text,
                match,
                match
                    .Value.Replace("'", "", StringComparison.Ordinal)
                    .Replace("’", "", StringComparison.Ordinal)
                    .Replace("_", "", StringComparison.Ordinal)
            );
        }

        // Sums of euros have two decimals or none, so that a third digit behind a dot is of a group.
        match = text.AsSpan().ContainsAny("€Ee") && Euros().IsMatch(text) ? Dotted().Match(text) : Match.Empty;
        if (match.Success)
        {
            return Put(text, match, match.Value.Replace(".", "", StringComparison.Ordinal));
        }

        match = Indian().Match(text);
        if (match.Success)
        {
            return Put(text, match, match.Value.Replace(",", "", StringComparison.Ordinal));
        }

        match = European().Match(text);
        return match.Success
            ? Put(
                text,
                match,
                match
                    .Value.Replace(".", "", StringComparison.Ordinal)
                    .Replace(" ", "", StringComparison.Ordinal)
                    .Replace('\u00A0', ' ')
                    .Replace(" ", "", StringComparison.Ordinal)
                    .Replace(',', '.')
            )
            : text;
    }

    /// <summary>The value of a roman numeral of two letters or more, written as is the rule; null for anything else.</summary>
    public static int? ReadRoman(string text)
    {
        if (text.Length is < 2 or > 15 || text.AsSpan().IndexOfAnyExcept(RomanLetters) >= 0)
        {
            return null;
        }

        int value = 0;
        int at = 0;
        foreach ((string letters, int size) in Roman)
        {
            for (
                int times = 0;
                times < (letters.Length == 2 || letters is "D" or "L" or "V" ? 1 : 3)
                    && string.CompareOrdinal(text, at, letters, 0, letters.Length) == 0;
                times++
            )
            {
                value += size;
                at += letters.Length;
            }
        }

        return at == text.Length ? value : null;
    }

    /// <summary>7k, 2.3M, $5bn; null for anything else.</summary>
    public static Fraction? ReadSuffix(string text)
    {
        Match match = Suffixed().Match(text);
        return
            match.Success
            && decimal.TryParse(
                match.Groups["number"].ValueSpan,
                NumberStyles.AllowDecimalPoint,
                CultureInfo.InvariantCulture,
                out decimal number
            )
            ? Fraction.From(number)
                * new Fraction(
                    match.Groups["suffix"].Value switch
                    {
                        "k" or "K" => 1000,
                        "M" or "mn" or "mil" => 1_000_000,
                        _ => 1_000_000_000,
                    },
                    1
                )
            : null;
    }

    /// <summary>0xff, 0b101, FF_{16}, 1101 base 2; null for anything else.</summary>
    public static BaseNumeralNode? ReadBase(string text)
    {
        if (
            text.Length > 4 * MaxLength
            || !(
                text.StartsWith('0')
                || text.Contains('_')
                || text.Contains("base", StringComparison.Ordinal)
                || text.Contains(" in ", StringComparison.Ordinal)
            )
        )
        {
            return null;
        }

        Match match = Prefixed().Match(text);
        if (match.Success)
        {
            int radix = char.ToLowerInvariant(match.Groups["kind"].ValueSpan[0]) switch
            {
                'x' => 16,
                'o' => 8,
                _ => 2,
            };
            return Numeral(match.Groups["digits"].Value, radix);
        }

        match = Subscripted().Match(LatexText.ToPlain(text));
        if (!match.Success)
        {
            return null;
        }

        string named = match.Groups["base"].Value.ToLowerInvariant();
        int? number =
            int.TryParse(named, NumberStyles.None, CultureInfo.InvariantCulture, out int parsed) ? parsed
            : NumberWords.Read(named) is ({ Denominator.IsOne: true } word, "") ? (int)word.Numerator
            : named switch
            {
                "binary" or "b" => 2,
                "octal" or "o" => 8,
                "hex" or "hexadecimal" or "h" => 16,
                _ => null,
            };
        return number is >= 2 and <= 36 ? Numeral(match.Groups["digits"].Value, number.Value) : null;
    }

    /// <summary>
    /// 0.333…: the fraction whose decimals repeat, where they are seen to; else the decimals themselves, of which 6 agree.
    /// </summary>
    public static Node? ReadTruncated(string text)
    {
        if (text.Length > MaxLength || !(text.EndsWith("dots", StringComparison.Ordinal) || text.EndsWith('.') || text.EndsWith('…')))
        {
            return null;
        }

        Match match = Truncated().Match(text);
        if (!match.Success)
        {
            return null;
        }

        string decimals = match.Groups["decimals"].Value;
        BigInteger whole = BigInteger.Parse("0" + match.Groups["whole"].Value, CultureInfo.InvariantCulture);
        bool isNegative = match.Groups["sign"].Length > 0;
        for (int period = 1; period * 2 <= decimals.Length; period++)
        {
            for (int start = 0; start + (2 * period) <= decimals.Length && start <= 2; start++)
            {
                string tail = decimals[start..];
                if (tail.Length >= 3 && Enumerable.Range(0, tail.Length).All(i => tail[i] == tail[i % period]))
                {
                    BigInteger ten = BigInteger.Pow(10, start);
                    BigInteger nines = BigInteger.Pow(10, period) - 1;
                    Fraction value =
                        new Fraction(whole, 1)
                        + new Fraction(BigInteger.Parse("0" + decimals[..start], CultureInfo.InvariantCulture), ten)
                        + new Fraction(BigInteger.Parse(tail[..period], CultureInfo.InvariantCulture), nines * ten);
                    return new NumberNode(isNegative ? -value : value);
                }
            }
        }

        Fraction seen = new(BigInteger.Parse(whole + decimals, CultureInfo.InvariantCulture), BigInteger.Pow(10, decimals.Length));
        return new NumberNode(isNegative ? -seen : seen, IsDecimal: true);
    }

    /// <summary>6C2, C_6^2, {}^6C_2, 6 choose 2 and permutations as binomials; any other text unchanged.</summary>
    public static string Combinations(string text)
    {
        if (text.Length > MaxLength)
        {
            return text;
        }

        if (text.Contains(" choose ", StringComparison.Ordinal))
        {
            return Choose().Replace(text, @"\binom{${n}}{${k}}");
        }

        if (text.AsSpan().IndexOfAny('C', 'P', 'A') < 0)
        {
            return text;
        }

        Match match = UpperFirst().Match(text) is { Success: true } upper ? upper : LowerFirst().Match(text);
        if (!match.Success)
        {
            return text;
        }

        string n = match.Groups["n"].Value;
        string k = match.Groups["k"].Value;
        return match.Groups["kind"].Value == "C" ? $"\\binom{{{n}}}{{{k}}}" : $"\\binom{{{n}}}{{{k}}}\\cdot {k}!";
    }

    /// <summary>0.1(6), with its period in brackets; null for anything else.</summary>
    public static NumberNode? ReadPeriod(string text)
    {
        Match match = text.Length <= MaxLength && text.EndsWith(')') ? Periodic().Match(text) : Match.Empty;
        if (!match.Success)
        {
            return null;
        }

        string fixedPart = match.Groups["fixed"].Value;
        string period = match.Groups["period"].Value;
        BigInteger ten = BigInteger.Pow(10, fixedPart.Length);
        BigInteger nines = BigInteger.Pow(10, period.Length) - 1;
        Fraction value =
            new Fraction(BigInteger.Parse(match.Groups["whole"].Value + fixedPart, CultureInfo.InvariantCulture), ten)
            + new Fraction(BigInteger.Parse(period, CultureInfo.InvariantCulture), nines * ten);
        return new NumberNode(match.Groups["sign"].Length > 0 ? -value : value);
    }

    private static BaseNumeralNode? Numeral(string digits, int radix) =>
        digits.All(digit => BaseNumeralNode.DigitOf(digit) < radix)
            ? new BaseNumeralNode(digits.ToLowerInvariant().TrimStart('0') is { Length: > 0 } significant ? significant : "0", radix)
            : null;

    private static string Put(string text, Match match, string by) => text[..match.Index] + by + text[(match.Index + match.Length)..];

    [GeneratedRegex(
        @"^(?<sign>-?)(?<whole>\d+)\.(?<fixed>\d*)\((?<period>\d+)\)$",
        RegexOptions.CultureInvariant | RegexOptions.NonBacktracking | RegexOptions.ExplicitCapture
    )]
    private static partial Regex Periodic();

    [GeneratedRegex(
        @"^(?<n>\d+) choose (?<k>\d+)$",
        RegexOptions.CultureInvariant | RegexOptions.NonBacktracking | RegexOptions.ExplicitCapture
    )]
    private static partial Regex Choose();

    [GeneratedRegex(@"\b\d{1,3}(['’]\d{3})+\b(\.\d+)?|\b\d{1,3}(_\d{3})+\b", RegexOptions.CultureInvariant | RegexOptions.NonBacktracking)]
    private static partial Regex Quoted();

    [GeneratedRegex(
        @"^(€|EUR|)\s*\d{1,3}(\.\d{3})+\s*(€|EUR|[Ee]uros?|)$",
        RegexOptions.CultureInvariant | RegexOptions.NonBacktracking | RegexOptions.ExplicitCapture
    )]
    private static partial Regex Euros();

    [GeneratedRegex(@"\d{1,3}(\.\d{3})+", RegexOptions.CultureInvariant | RegexOptions.NonBacktracking | RegexOptions.ExplicitCapture)]
    private static partial Regex Dotted();

    [GeneratedRegex(@"^\D{0,4}\d{1,2}(,\d\d)+,\d{3}(\.\d+)?\D*$", RegexOptions.CultureInvariant | RegexOptions.NonBacktracking)]
    private static partial Regex Indian();

    [GeneratedRegex(
        @"\b(\d{1,3}(\.\d{3})+,\d+|\d{1,3}(\.\d{3}){2,}|\d{1,3}([ \u00A0\u202F]\d{3})+,\d+)\b",
        RegexOptions.CultureInvariant | RegexOptions.NonBacktracking
    )]
    private static partial Regex European();

    [GeneratedRegex(
        @"^(\\?\$|€|£|₹)?(?<number>\d+(\.\d+)?)(?<suffix>k|K|M|mn|mil|B|bn)( dollars?| euros?| pounds?)?$",
        RegexOptions.CultureInvariant | RegexOptions.NonBacktracking | RegexOptions.ExplicitCapture
    )]
    private static partial Regex Suffixed();

    [GeneratedRegex(
        @"^0(?<kind>[xXbBoO])(?<digits>[0-9A-Fa-f]+)$",
        RegexOptions.CultureInvariant | RegexOptions.NonBacktracking | RegexOptions.ExplicitCapture
    )]
    private static partial Regex Prefixed();

    [GeneratedRegex(
        @"^\(?(?<digits>\d[0-9A-Za-z]*|[0-9A-F]*\d[0-9A-F]*|[A-F]+)\)?(_\s*\(?|,?\s*\(?(in )?base[ -]"
            + @"|\s+\(?in )(?<base>\d{1,2}|[a-z]+)\)?$",
        RegexOptions.CultureInvariant | RegexOptions.NonBacktracking | RegexOptions.ExplicitCapture
    )]
    private static partial Regex Subscripted();

    [GeneratedRegex(
        @"^(?<sign>-?)(?<whole>\d*)\.(?<decimals>\d{2,})\s*(\.\.\.|…|\\ldots|\\dots|\\cdots)$",
        RegexOptions.CultureInvariant | RegexOptions.NonBacktracking | RegexOptions.ExplicitCapture
    )]
    private static partial Regex Truncated();

    [GeneratedRegex(
        @"^(\{\})?(\^|_)?\{?(?<n>\d+)\}?\s*(\\mathrm\{)?(?<kind>[CP])\}?_?\{?(?<k>\d+)\}?$",
        RegexOptions.CultureInvariant | RegexOptions.NonBacktracking | RegexOptions.ExplicitCapture
    )]
    private static partial Regex UpperFirst();

    [GeneratedRegex(
        @"^(\\mathrm\{)?(?<kind>[CPA])\}?_\{?(?<n>\d+)\}?\^\{?(?<k>\d+)\}?$",
        RegexOptions.CultureInvariant | RegexOptions.NonBacktracking | RegexOptions.ExplicitCapture
    )]
    private static partial Regex LowerFirst();
}
