using System.Collections.Frozen;
using RewardReasoning.Verification.Arithmetic;

namespace RewardReasoning.Verification.Parsing;

/// <summary>Units of measure: which words mean the same one, and how those of one kind convert.</summary>
internal static class Units
{
    private static readonly FrozenDictionary<string, (string Kind, Fraction Factor)> Known = Table().ToFrozenDictionary();

    public static bool IsPercentWord(string word) => word.ToLowerInvariant() is "percent" or "pct" or "percents";

    public static bool IsUnitWord(string word) =>
        IsPercentWord(word) || Known.ContainsKey(word) || Known.ContainsKey(word.ToLowerInvariant());

    /// <summary>
    /// The kind of thing a unit measures and its size; null for words that are no unit. "cm^2", "square cm" and "cubic feet" are powers,
    /// "km/h" and "miles per hour" quotients.
    /// </summary>
    public static (string Kind, Fraction Factor)? Find(string unit)
    {
        string text = unit.Trim().TrimEnd('.').Trim();
        string lower = text.ToLowerInvariant();
        if (Known.TryGetValue(text, out (string, Fraction) exact) || Known.TryGetValue(lower, out exact))
        {
            return exact;
        }

        foreach ((string word, int power) in new[] { ("square ", 2), ("sq. ", 2), ("sq ", 2), ("cubic ", 3), ("cu ", 3) })
        {
            if (lower.StartsWith(word, StringComparison.Ordinal))
            {
                return Power(Find(text[word.Length..]), power);
            }
        }

        int caret = text.LastIndexOf('^');
        if (caret > 0 && text[(caret + 1)..].Trim('{', '}', ' ') is "2" or "3")
        {
            return Power(Find(text[..caret]), text[(caret + 1)..].Trim('{', '}', ' ')[0] - '0');
        }

        int per = lower.IndexOf(" per ", StringComparison.Ordinal);
        int slash = text.IndexOf('/', StringComparison.Ordinal);
        (string above, string below) =
            per > 0 ? (text[..per], text[(per + 5)..])
            : slash > 0 ? (text[..slash], text[(slash + 1)..])
            : ("", "");
        return above.Length > 0 && Find(above) is { } a && Find(below) is { } b ? ($"{a.Kind}/{b.Kind}", a.Factor / b.Factor) : null;
    }

    private static (string Kind, Fraction Factor)? Power((string Kind, Fraction Factor)? unit, int power) =>
        unit is not { } known
            ? null
            : ($"{known.Kind}^{power}", power == 2 ? known.Factor * known.Factor : known.Factor * known.Factor * known.Factor);

    private static Dictionary<string, (string Kind, Fraction Factor)> Table()
    {
        Dictionary<string, (string Kind, Fraction Factor)> table = [];
        Add("length", 1, 1000, "mm", "millimeter", "millimeters", "millimetre", "millimetres");
        Add("length", 1, 100, "cm", "centimeter", "centimeters", "centimetre", "centimetres");
        Add("length", 1, 1, "m", "meter", "meters", "metre", "metres");
        Add("length", 1000, 1, "km", "kilometer", "kilometers", "kilometre", "kilometres");
        Add("length", 254, 10000, "in", "inch", "inches");
        Add("length", 3048, 10000, "ft", "foot", "feet");
        Add("length", 9144, 10000, "yd", "yard", "yards");
        Add("length", 1609344, 1000, "mi", "mile", "miles");
        Add("mass", 1, 1000, "mg", "milligram", "milligrams");
        Add("mass", 1, 1, "g", "gram", "grams");
        Add("mass", 1000, 1, "kg", "kilogram", "kilograms");
        Add("mass", 45359237, 100000, "lb", "lbs", "pound", "pounds");
        Add("mass", 28349523125, 1000000000, "oz", "ounce", "ounces");
        Add("time", 1, 1, "s", "sec", "secs", "second", "seconds");
        Add("time", 60, 1, "min", "mins", "minute", "minutes");
        Add("time", 3600, 1, "h", "hr", "hrs", "hour", "hours");
        Add("time", 86400, 1, "day", "days");
        Add("time", 604800, 1, "week", "weeks");
        Add("years", 1, 1, "year", "years", "yr", "yrs");
        Add("years", 1, 12, "month", "months");
        Add("length^3", 1, 1000, "l", "L", "liter", "liters", "litre", "litres");
        Add("length^3", 1, 1_000_000, "ml", "mL", "milliliter", "milliliters", "millilitre", "millilitres");
        Add("dollars", 1, 1, "$", "dollar", "dollars", "usd", "bucks");
        Add("dollars", 1, 100, "cent", "cents");
        Add("angle", 1, 1, "deg", "degree", "degrees");
        Add("radians", 1, 1, "rad", "radian", "radians");
        Add("length", 1, 1_000_000_000, "nm", "nanometer", "nanometers");
        Add("length/time", 1609344, 3_600_000, "mph");
        return table;

        void Add(string kind, long numerator, long denominator, params string[] words)
        {
            foreach (string word in words)
            {
                table[word] = (kind, new Fraction(numerator, denominator));
            }
        }
    }
}
