using System.Collections.Frozen;
using System.Globalization;
using System.Text.RegularExpressions;
using RewardReasoning.Verification.Arithmetic;

namespace RewardReasoning.Verification.Parsing;

/// <summary>
/// Reads a value with its unit from a whole text: the longest end of the text that is a unit is the unit, and what is before it must be a
/// number. Several in a row, such as 1 hour 30 minutes, are their sum.
/// </summary>
internal static partial class QuantityReader
{
    private const int MaxLength = 200;
    private const int MaxParts = 5;

    /// <summary>Symbols of one letter that are units often enough, after a blank, not to be taken for a variable.</summary>
    private static readonly FrozenSet<string> SureLetters = FrozenSet.ToFrozenSet(["m", "g", "s", "N", "J", "W", "V", "L", "K", "°"]);

    private static readonly FrozenDictionary<string, string> CurrencyCodes = new Dictionary<string, string>
    {
        ["US$"] = "$",
        ["$"] = "$",
        ["\\$"] = "$",
        ["€"] = "€",
        ["£"] = "£",
        ["¥"] = "¥",
        ["₹"] = "₹",
        ["Rs"] = "₹",
        ["Rs."] = "₹",
        ["USD"] = "USD",
        ["EUR"] = "EUR",
        ["GBP"] = "GBP",
        ["INR"] = "INR",
        ["JPY"] = "JPY",
        ["CNY"] = "CNY",
        ["CHF"] = "CHF",
        ["CAD"] = "CAD",
        ["AUD"] = "AUD",
        ["C$"] = "CAD",
        ["A$"] = "AUD",
        ["₩"] = "₩",
        ["₽"] = "₽",
    }.ToFrozenDictionary();

    /// <summary>The quantity that a text is; null where it is not one.</summary>
    /// <param name="text">The whole text.</param>
    /// <param name="parse">Parses the number.</param>
    public static QuantityNode? Read(string text, Func<string, Node?> parse)
    {
        if (text.Length is < 2 or > MaxLength)
        {
            return null;
        }

        if (ReadMoney(text, parse) is { } money)
        {
            return money;
        }

        if (!HasDigitOrRoot(text))
        {
            return null;
        }

        if (ReadCompound(text) is { } compound)
        {
            return compound;
        }

        for (int i = 1; i < text.Length; i++)
        {
            if (!MayStartUnit(text, i) || Unit(text[i..]) is not { } unit)
            {
                continue;
            }

            string before = text[..i].TrimEnd(' ', '~', '\\', ',', ';').Trim('$', ' ');
            if (before.Length > 0 && parse(before) is { } value && IsNumber(value))
            {
                return value is QuantityNode ? null : new QuantityNode(value, unit, IsVague(text, i));
            }
        }

        return null;
    }

    private static bool HasDigitOrRoot(string text) =>
        text.AsSpan().IndexOfAnyInRange('0', '9') >= 0 || text.Contains("pi", StringComparison.Ordinal);

    /// <summary>Whether a node is a number, and has no variable or words in it.</summary>
    private static bool IsNumber(Node node) =>
        node is not (TextNode or GroupNode or ListNode or RelationNode or MatrixNode or RatioNode or BaseNumeralNode)
        && !NodeRewriter.Any(
            node,
            at => at is SymbolNode or TextNode or QuantityNode or RelationNode or ListNode or CallNode { Name: ['@', ..] }
        )
        && !(node is CallNode call && MathFunctions.Trigonometric.Contains(call.Name));

    private static QuantityNode? ReadMoney(string text, Func<string, Node?> parse)
    {
        bool isNegative = text[0] == '-';
        string rest = isNegative ? text[1..] : text;
        Match match = Money().Match(rest);
        if (!match.Success || !CurrencyCodes.TryGetValue(match.Groups["code"].Value, out string? unit))
        {
            return null;
        }

        // $5$ is a formula.
        string number = match.Groups["number"].Value;
        if (unit == "$" && match.Groups["code"].Value == "$" && rest.AsSpan(1).Contains('$'))
        {
            return null;
        }

        // $5 million dollars names its currency twice.
        number = RepeatedCurrency().Replace(number, "").TrimEnd();
        string per = PerUnit().Match(number) is { Success: true } rate ? "/" + rate.Groups["unit"].Value : "";
        number = per.Length > 0 ? number[..PerUnit().Match(number).Index] : number;
        unit += per;
        return (per.Length == 0 || Units.Find(unit).Count > 0) && parse(number) is { } value && IsNumber(value)
            ? new QuantityNode(isNegative ? new NegateNode(value) : value, unit)
            : null;
    }

    /// <summary>1 hour 30 minutes, 1h30m, 5 ft 3 in, 12° 30', 3 dollars and 5 cents.</summary>
    private static QuantityNode? ReadCompound(string text)
    {
        string plain = LatexText.ToPlain(text).Trim();
        List<(Fraction Number, IReadOnlyList<UnitReading> Units)> parts = [];
        string last = "";
        int at = 0;
        while (at < plain.Length)
        {
            string sign = plain[at] is '£' or '€' or '$' ? plain[at].ToString() : "";
            at += sign.Length;
            int numberEnd = End(plain, at, c => char.IsAsciiDigit(c) || c == '.');
            int unitStart = End(plain, numberEnd, c => c == ' ');
            int unitEnd =
                unitStart < plain.Length && plain[unitStart] is '°' or '\'' or '"'
                    ? unitStart + 1
                    : End(plain, unitStart, char.IsAsciiLetter);
            string unit = sign.Length > 0 ? sign : plain[unitStart..unitEnd];
            unitEnd = sign.Length > 0 ? numberEnd : unitEnd;
            unit = unit == "m" && last is "h" or "hr" or "hrs" ? "min" : unit;
            last = unit;
            if (
                parts.Count == MaxParts
                || unit.Length == 0
                || !decimal.TryParse(
                    plain.AsSpan(at, numberEnd - at),
                    NumberStyles.AllowDecimalPoint,
                    CultureInfo.InvariantCulture,
                    out decimal number
                )
                || Units.Find(unit) is not { Count: > 0 } readings
            )
            {
                return null;
            }

            parts.Add((Fraction.From(number), readings));
            at = End(plain, unitEnd, c => c is ' ' or '.' or ',');
            at += plain.AsSpan(at).StartsWith("and ", StringComparison.Ordinal) ? 4 : 0;
        }

        if (parts.Count < 2)
        {
            return null;
        }

        // The first reading of the first unit that all others share: pounds with ounces are of mass, with pence of money.
        foreach (string dimension in parts[0].Units.Select(unit => unit.Dimension))
        {
            if (parts.TrueForAll(part => part.Units.Any(unit => unit.Dimension == dimension)))
            {
                Fraction sum = parts.Aggregate(
                    new Fraction(0, 1),
                    (all, part) => all + (part.Number * part.Units.First(unit => unit.Dimension == dimension).Factor)
                );
                return new QuantityNode(new NumberNode(sum), dimension == "year" ? "years" : dimension);
            }
        }

        return null;
    }

    private static int End(string text, int from, Func<char, bool> inside)
    {
        int end = from;
        while (end < text.Length && inside(text[end]))
        {
            end++;
        }

        return end;
    }

    private static bool MayStartUnit(string text, int i)
    {
        char c = text[i];
        char before = text[i - 1];
        return c is ' ' or '\\' or '~' or '°' or '^' or '$' or '€' or '£' or '¥' or '₹' or '¢' or '℃' or '℉' or '\'' or '"'
            || (char.IsLetter(c) && !char.IsLetter(before) && before is not '\\');
    }

    /// <summary>The unit that a text is as a whole, as plain text; null where it is not one.</summary>
    private static string? Unit(string text)
    {
        string flat = text.Contains('\\') ? Bar().Replace(Words().Replace(text, " $2"), "$1/$2") : text;
        string plain = LatexText
            .ToPlain(UnicodeMath.ToLatex(flat))
            .Replace("µ ", "µ", StringComparison.Ordinal)
            .Trim(' ', ',')
            .TrimStart('-')
            .Trim();
        if (plain.Length == 0)
        {
            return null;
        }

        string temperature = Temperature().Match(plain) is { Success: true } match
            ? char.ToUpperInvariant(match.Groups["scale"].ValueSpan[0]) == 'C'
                ? "degC"
                : "degF"
            : "";
        return temperature.Length > 0 ? temperature
            : plain is "°" ? "deg"
            : Units.IsPercentWord(plain) || plain is "%" or "per cent" or "percentage points" ? "%"
            : Units.Find(plain).Count > 0 ? plain
            : null;
    }

    /// <summary>Whether value and unit may be a product with a variable: 5m, and 5 t.</summary>
    private static bool IsVague(string text, int at)
    {
        string tail = text[at..].TrimStart();
        int letters = tail.TakeWhile(char.IsAsciiLetter).Count();
        bool isSpaced = text[at] == ' ' || (at > 0 && text[at - 1] == ' ');
        return letters is 1 or 2
            && tail[0] != '\\'
            && !(isSpaced && (letters == 2 || SureLetters.Contains(tail[..1])))
            && !(tail is ['m', '²' or '³'] or ['m', '^', '2' or '3'])
            && !(letters == 2 && tail[..2] is "cm" or "km" or "kg" or "mm" or "ft");
    }

    [GeneratedRegex(
        @"^(?<code>US\$|C\$|A\$|\\?\$|€|£|¥|₹|₩|₽|Rs\.?|USD|EUR|GBP|INR|JPY|CNY|CHF|CAD|AUD)\s?(?<number>\S.*)$",
        RegexOptions.CultureInvariant | RegexOptions.NonBacktracking | RegexOptions.ExplicitCapture
    )]
    private static partial Regex Money();

    [GeneratedRegex(
        @"\s*(dollars?|euros?|pounds?|rupees?|yen|yuan|USD|EUR|GBP|INR)$",
        RegexOptions.CultureInvariant | RegexOptions.NonBacktracking | RegexOptions.ExplicitCapture
    )]
    private static partial Regex RepeatedCurrency();

    [GeneratedRegex(
        @"( per |/)(?<unit>[a-z]+)$",
        RegexOptions.CultureInvariant | RegexOptions.NonBacktracking | RegexOptions.ExplicitCapture
    )]
    private static partial Regex PerUnit();

    [GeneratedRegex(@"\\(text|mathrm|mbox)\s*\{([^{}]*)\}", RegexOptions.CultureInvariant | RegexOptions.NonBacktracking)]
    private static partial Regex Words();

    [GeneratedRegex(@"\\[dt]?frac\s*\{([^{}]*)\}\s*\{([^{}]*)\}", RegexOptions.CultureInvariant | RegexOptions.NonBacktracking)]
    private static partial Regex Bar();

    [GeneratedRegex(
        @"^((°\s*|degrees?\s+|deg\s+)(?<scale>[cf])|(°\s*|degrees?\s+)?(?<scale>celsius|centigrade|fahrenheit))$",
        RegexOptions.CultureInvariant | RegexOptions.NonBacktracking | RegexOptions.ExplicitCapture | RegexOptions.IgnoreCase
    )]
    private static partial Regex Temperature();
}
