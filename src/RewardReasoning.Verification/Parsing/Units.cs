using System.Collections.Frozen;
using System.Globalization;
using System.Numerics;
using RewardReasoning.Verification.Arithmetic;

namespace RewardReasoning.Verification.Parsing;

/// <summary>
/// What a unit measures, and how large it is: the product of base units (as a canonical text such as "m s^-2"), the factor to them, and for
/// temperatures the offset of the zero point.
/// </summary>
internal readonly record struct UnitReading(string Dimension, Fraction Factor, Fraction Offset);

/// <summary>
/// Units of measure, read from words and symbols: SI units with prefixes, common others, currencies; products, quotients and powers of
/// these. The factors are those of the SI brochure and of the international yard and pound.
/// </summary>
internal static class Units
{
    private static readonly FrozenDictionary<string, UnitReading[]> Known = Table()
        .ToFrozenDictionary(entry => entry.Key, entry => entry.Value.ToArray());

    private static readonly FrozenSet<string> PercentWords = FrozenSet.ToFrozenSet(["percent", "percents", "pct", "prozent"]);

    public static bool IsPercentWord(string word) => PercentWords.Contains(word.ToLowerInvariant());

    /// <summary>Whether a word is a unit of money.</summary>
    public static bool IsMoney(string word) =>
        Find(word).Any(reading => reading.Dimension is { Length: 3 } code && code.All(char.IsAsciiLetterUpper));

    public static bool IsUnitWord(string word) =>
        IsPercentWord(word) || Known.ContainsKey(word) || (word.Length > 2 && Known.ContainsKey(word.ToLowerInvariant()));

    /// <summary>
    /// What a text may mean as a unit: "cm^2", "square cm", "km/h", "miles per hour", "kg m s^-2", "pounds" (of mass or of money); empty
    /// for what is not a unit.
    /// </summary>
    public static IReadOnlyList<UnitReading> Find(string unit) =>
        Known.TryGetValue(unit, out UnitReading[]? known) ? known : Parser.Parse(unit);

    private static UnitReading[] Lookup(string word)
    {
        if (Known.TryGetValue(word, out UnitReading[]? readings))
        {
            return readings;
        }

        // KG, Km and Meters are written, MM and mW are not the same: only words, and symbols in the wrong case that no prefix explains.
        string lower = word.ToLowerInvariant();
        return
            word.Length > 1
            && Known.TryGetValue(lower, out readings)
            && (word.Length > 2 || lower is "kg" or "km" or "cm" or "ml" or "hz" or "ft" or "lb" or "hr")
            ? readings
            : [];
    }

    private static Dictionary<string, List<UnitReading>> Table()
    {
        (string Prefix, string Name, int Power)[] prefixes =
        [
            ("f", "femto", -15),
            ("p", "pico", -12),
            ("n", "nano", -9),
            ("µ", "micro", -6),
            ("u", "micro", -6),
            ("m", "milli", -3),
            ("c", "centi", -2),
            ("d", "deci", -1),
            ("h", "hecto", 2),
            ("k", "kilo", 3),
            ("M", "mega", 6),
            ("G", "giga", 9),
            ("T", "tera", 12),
        ];
        Dictionary<string, List<UnitReading>> table = [];
        Si("m", 1, 1, "m", "meter", "metre");
        Si("kg", 1, 1000, "g", "gram", "gramme");
        Si("s", 1, 1, "s", "second");
        Si("A", 1, 1, "A", "ampere", "amp");
        Si("K", 1, 1, "K", "kelvin");
        Si("mol", 1, 1, "mol", "mole");
        Si("cd", 1, 1, "cd", "candela");
        Si("kg m s^-2", 1, 1, "N", "newton");
        Si("kg m^2 s^-2", 1, 1, "J", "joule");
        Si("kg m^2 s^-3", 1, 1, "W", "watt");
        Si("kg m^-1 s^-2", 1, 1, "Pa", "pascal");
        Si("s^-1", 1, 1, "Hz", "hertz");
        Si("A s", 1, 1, "C", "coulomb");
        Si("A^-1 kg m^2 s^-3", 1, 1, "V", "volt");
        Si("A^-2 kg m^2 s^-3", 1, 1, "Ω", "ohm");
        Si("A^2 kg^-1 m^-2 s^4", 1, 1, "F", "farad");
        Si("A^-1 kg s^-2", 1, 1, "T", "tesla");
        Si("A^-1 kg m^2 s^-2", 1, 1, "Wb", "weber");
        Si("A^-2 kg m^2 s^-2", 1, 1, "H", "henry");
        Si("m^3", 1, 1000, "L", "liter", "litre");
        Si("m^3", 1, 1000, "l");
        Si("kg m^2 s^-2", 3600, 1, "Wh");
        Si("kg m^2 s^-2", 4184, 1000, "cal", "calorie");
        Si("kg m^-1 s^-2", 100_000, 1, "bar");
        Add("kg m^2 s^-2", new Fraction(1_602_176_634, BigInteger.Pow(10, 28)), "eV", "electronvolt", "electronvolts");
        Add("kg m^-1 s^-2", new Fraction(101_325, 1), "atm", "atmosphere", "atmospheres");
        Add("kg m^-1 s^-2", new Fraction(101_325, 760), "mmHg", "torr");
        Add("m", new Fraction(254, 10_000), "in", "inch", "inches", "\"");
        Add("m", new Fraction(3048, 10_000), "ft", "foot", "feet");
        Add("m", new Fraction(9144, 10_000), "yd", "yard", "yards");
        Add("m", new Fraction(1_609_344, 1000), "mi", "mile", "miles");
        Add("kg", new Fraction(45_359_237, 100_000_000), "lb", "lbs", "pound", "pounds");
        Add("kg", new Fraction(28_349_523_125, 1_000_000_000_000), "oz", "ounce", "ounces");
        Add("kg", new Fraction(1000, 1), "t", "tonne", "tonnes", "ton", "tons");
        Add("s", new Fraction(1, 1), "sec", "secs");
        Add("s", new Fraction(60, 1), "min", "mins", "minute", "minutes");
        Add("s", new Fraction(3600, 1), "h", "hr", "hrs", "hour", "hours");
        Add("s", new Fraction(86_400, 1), "day", "days", "d");
        Add("s", new Fraction(604_800, 1), "week", "weeks");
        Add("year", new Fraction(1, 1), "year", "years", "yr", "yrs");
        Add("year", new Fraction(1, 12), "month", "months");
        Add("m^2", new Fraction(10_000, 1), "ha", "hectare", "hectares");
        Add("m s^-1", new Fraction(1_609_344, 3_600_000), "mph");
        Add("m s^-1", new Fraction(1000, 3600), "kph", "kmh", "kmph");
        Add("m^3", new Fraction(3_785_411_784, 1_000_000_000_000), "gal", "gallon", "gallons");
        Add("m^3", new Fraction(946_352_946, 1_000_000_000_000), "qt", "quart", "quarts");
        Add("m^3", new Fraction(473_176_473, 1_000_000_000_000), "pint", "pints");
        Add("m^3", new Fraction(2_365_882_365, 10_000_000_000_000), "cup", "cups");
        Add("m^2", new Fraction(40_468_564_224, 10_000_000), "acre", "acres");
        Add("bit", new Fraction(1, 1), "bit", "bits");
        Add("bit", new Fraction(8, 1), "byte", "bytes", "B");
        foreach (
            (string prefix, string name, int thousands) in new[]
            {
                ("k", "kilo", 1),
                ("K", "kilo", 1),
                ("M", "mega", 2),
                ("G", "giga", 3),
                ("T", "tera", 4),
            }
        )
        {
            // Both are meant by the symbol: 1000 and 1024.
            Fraction tens = new(BigInteger.Pow(1000, thousands), 1);
            Fraction twos = new(BigInteger.Pow(1024, thousands), 1);
            Fraction eight = new(8, 1);
            Add("bit", tens * eight, prefix + "B");
            Add("bit", twos * eight, prefix + "B", prefix + "iB");
            Add("bit", tens, prefix + "b", prefix + "bit");
            Add("bit s^-1", tens, prefix + "bps");
            if (prefix != "K")
            {
                Add("bit", tens * eight, name + "byte", name + "bytes");
                Add("bit", twos * eight, name + "byte", name + "bytes");
                Add("bit", tens, name + "bit", name + "bits");
            }
        }

        Add("m^-3 mol", new Fraction(1000, 1), "M", "molar");
        Add("m^-3 mol", new Fraction(1, 1), "mM");
        Add("bel", new Fraction(1, 10), "dB", "decibel", "decibels");
        Add("deg", new Fraction(1, 1), "deg", "degree", "degrees", "°");
        Add("deg", new Fraction(1, 60), "arcmin", "arcminute", "arcminutes", "'");
        Add("deg", new Fraction(1, 3600), "arcsec", "arcsecond", "arcseconds", "\"");
        Add("m", new Fraction(3048, 10_000), "'");
        Add("rad", new Fraction(1, 1), "rad", "radian", "radians");
        Add("m^3", new Fraction(1, 1_000_000), "cc");
        Add("unit", new Fraction(1, 1), "unit", "units");
        Currency("USD", ["$", "dollar", "dollars", "usd", "USD", "US$", "bucks", "buck"], ["cent", "cents", "¢", "c"]);
        Currency("EUR", ["€", "euro", "euros", "eur", "EUR"], ["cent", "cents"]);
        Currency("GBP", ["£", "pound", "pounds", "gbp", "GBP", "quid"], ["p", "penny", "pence"]);
        Currency("INR", ["₹", "rupee", "rupees", "Rs", "rs", "inr", "INR"], ["paisa", "paise"]);
        Currency("JPY", ["¥", "yen", "jpy", "JPY"], []);
        Currency("CNY", ["¥", "yuan", "cny", "CNY", "RMB", "rmb", "元"], []);
        Currency("CHF", ["CHF", "franc", "francs"], ["Rappen"]);
        Currency("KRW", ["₩", "KRW"], []);
        Currency("SEK", ["SEK", "kronor"], []);
        Currency("PLN", ["PLN", "zł", "zloty"], []);
        Currency("RUB", ["₽", "RUB", "ruble", "rubles"], []);
        Currency("CAD", ["CAD", "C$"], []);
        Currency("AUD", ["AUD", "A$"], []);
        UnitReading celsius = new("K", new Fraction(1, 1), new Fraction(27_315, 100));
        UnitReading fahrenheit = new("K", new Fraction(5, 9), new Fraction(45_967, 180));
        table["degC"] = [celsius];
        table["degF"] = [fahrenheit];
        table["C"].Add(celsius);
        table["F"].Add(fahrenheit);
        return table;

        void Add(string dimension, Fraction factor, params string[] words)
        {
            foreach (string word in words)
            {
                UnitReading reading = new(dimension, factor, new Fraction(0, 1));
                if (table.TryGetValue(word, out List<UnitReading>? readings))
                {
                    readings.Add(reading);
                }
                else
                {
                    table[word] = [reading];
                }
            }
        }

        void Si(string dimension, long numerator, long denominator, string symbol, params string[] names)
        {
            Fraction size = new(numerator, denominator);
            Add(dimension, size, [symbol, .. names, .. names.Select(name => name + "s")]);
            foreach ((string prefix, string prefixName, int power) in prefixes)
            {
                BigInteger ten = BigInteger.Pow(10, Math.Abs(power));
                Fraction scaled = size * (power < 0 ? new Fraction(1, ten) : new Fraction(ten, 1));
                string combined = prefix + symbol;
                if (!table.ContainsKey(combined) && combined is not ("min" or "cd" or "ft" or "ha" or "Pa" or "mol" or "pt" or "dl"))
                {
                    Add(dimension, scaled, combined);
                }

                foreach (string name in prefix == "u" ? [] : names)
                {
                    Add(dimension, scaled, prefixName + name, prefixName + name + "s");
                }
            }
        }

        void Currency(string code, string[] units, string[] parts)
        {
            Add(code, new Fraction(1, 1), units);
            Add(code, new Fraction(1, 100), parts);
        }
    }

    /// <summary>unit := factor ((blank | "·" | "/" | "per") factor)*, where everything after a stroke divides.</summary>
    private ref struct Parser(ReadOnlySpan<char> text)
    {
        private const int MaxLength = 60;
        private const int MaxPower = 9;

        private readonly ReadOnlySpan<char> _text = text;
        private int _at;

        public static List<UnitReading> Parse(string unit)
        {
            string text = unit.Trim().TrimEnd('.').Trim();
            if (text.Length is 0 or > MaxLength)
            {
                return [];
            }

            return new Parser(text).ParseAll();
        }

        private List<UnitReading> ParseAll()
        {
            List<UnitReading> product = [new("", new Fraction(1, 1), new Fraction(0, 1))];
            bool divides = false;
            bool first = true;
            while (true)
            {
                bool stroke = SkipJoint(out bool joined);
                divides |= stroke;
                if (_at == _text.Length)
                {
                    return first || joined ? [] : product;
                }

                if (ParseFactor() is not { Length: > 0 } factor || (first && stroke))
                {
                    return [];
                }

                product = first && !divides ? [.. factor] : Multiply(product, factor, divides ? -1 : 1);
                first = false;
                if (product.Count == 0)
                {
                    return [];
                }
            }
        }

        private bool SkipJoint(out bool joined)
        {
            bool stroke = false;
            joined = false;
            while (_at < _text.Length)
            {
                if (_text[_at] is ' ' or '*' or '·' or '⋅' or '(' or ')' or '.' or '-')
                {
                    joined |= _text[_at] is '*' or '·' or '⋅';
                    _at++;
                }
                else if (_text[_at] == '/')
                {
                    stroke = true;
                    joined = true;
                    _at++;
                }
                else if (_text[_at..].StartsWith("per ", StringComparison.OrdinalIgnoreCase))
                {
                    stroke = true;
                    joined = true;
                    _at += 4;
                }
                else
                {
                    break;
                }
            }

            return stroke;
        }

        private UnitReading[]? ParseFactor()
        {
            string word = TakeWord();
            int power = word.ToLowerInvariant() switch
            {
                "square" or "sq" => 2,
                "cubic" or "cu" => 3,
                _ => 1,
            };
            if (power > 1)
            {
                _ = SkipJoint(out _);
                word = TakeWord();
            }

            if (word.Length == 0 || Lookup(word) is not { Length: > 0 } readings)
            {
                return null;
            }

            int rest = _at;
            _ = SkipJoint(out _);
            string next = TakeWord();
            if (next is "squared" or "cubed")
            {
                power = next == "squared" ? 2 : 3;
            }
            else
            {
                _at = rest;
                power *= TakePower();
            }

            return power is 0 or > MaxPower or < -MaxPower ? null : [.. readings.Select(reading => Raise(reading, power))];
        }

        private string TakeWord()
        {
            int start = _at;
            if (_at < _text.Length && _text[_at] is '$' or '€' or '£' or '¥' or '₹' or '¢' or '°' or '"' or '\'')
            {
                _at++;
                return _text[start.._at].ToString();
            }

            while (_at < _text.Length && char.IsLetter(_text[_at]))
            {
                _at++;
            }

            return _text[start.._at].ToString();
        }

        private int TakePower()
        {
            int at = _at;
            bool caret = at < _text.Length && _text[at] == '^';
            at += caret ? 1 : 0;
            bool braced = caret && at < _text.Length && _text[at] is '{' or '(';
            at += braced ? 1 : 0;
            bool minus = at < _text.Length && _text[at] == '-';
            at += minus ? 1 : 0;
            int start = at;
            while (at < _text.Length && char.IsAsciiDigit(_text[at]))
            {
                at++;
            }

            if (at == start || at - start > 1)
            {
                return caret ? 0 : 1;
            }

            int power = _text[start] - '0';
            _at = at + (braced ? 1 : 0);
            return minus ? -power : power;
        }

        private static UnitReading Raise(UnitReading reading, int power)
        {
            Fraction factor = new(1, 1);
            for (int i = 0; i < Math.Abs(power); i++)
            {
                factor *= reading.Factor;
            }

            return power == 1
                ? reading
                : new UnitReading(
                    Combine(reading.Dimension, "", power),
                    power < 0 ? new Fraction(1, 1) / factor : factor,
                    new Fraction(0, 1)
                );
        }

        private static List<UnitReading> Multiply(List<UnitReading> product, UnitReading[] factor, int sign) =>
            [
                .. product
                    .SelectMany(a => factor.Select(b => (a, b)))
                    .Take(16)
                    .Select(pair => new UnitReading(
                        Combine(pair.b.Dimension, pair.a.Dimension, sign),
                        sign > 0 ? pair.a.Factor * pair.b.Factor : pair.a.Factor / pair.b.Factor,
                        new Fraction(0, 1)
                    )),
            ];

        /// <summary>The dimension a to a power, times the dimension b.</summary>
        private static string Combine(string a, string b, int power)
        {
            SortedDictionary<string, int> exponents = new(StringComparer.Ordinal);
            Take(b, 1);
            Take(a, power);
            return string.Join(
                ' ',
                exponents
                    .Where(entry => entry.Value != 0)
                    .Select(entry =>
                        entry.Value == 1 ? entry.Key : string.Create(CultureInfo.InvariantCulture, $"{entry.Key}^{entry.Value}")
                    )
            );

            void Take(string dimension, int times)
            {
                foreach (string part in dimension.Split(' ', StringSplitOptions.RemoveEmptyEntries))
                {
                    string[] pieces = part.Split('^');
                    int exponent = pieces.Length == 1 ? 1 : int.Parse(pieces[1], CultureInfo.InvariantCulture);
                    exponents[pieces[0]] = exponents.GetValueOrDefault(pieces[0]) + (times * exponent);
                }
            }
        }
    }
}
