using System.Buffers;
using System.Text.RegularExpressions;
using RewardReasoning.Verification.Answers;
using RewardReasoning.Verification.Arithmetic;
using RewardReasoning.Verification.Parsing;

namespace RewardReasoning.Verification;

/// <summary>
/// What an answer may mean, the likeliest first: 1,234 is one number or two, 5 m five metres or a product. Two answers are equal where any
/// two of their readings are; whether they differ, the likeliest ones say.
/// </summary>
internal sealed partial class AnswerReader(VerifierOptions options, WorkBudget budget)
{
    private const int MaxItems = 300;
    private static readonly SearchValues<char> StepMarks = SearchValues.Create("\\⇒⟹⇔∴>");
    private const int MaxQuantity = 200;

    /// <summary>The readings of an answer.</summary>
    /// <param name="answer">The answer.</param>
    /// <param name="hasDecimalComma">Whether the text around it is in a language that writes 3,5 for three and a half.</param>
    public List<Node> Readings(StatedAnswer answer, bool hasDecimalComma)
    {
        if (answer.Parts.Count > 1)
        {
            Node[] parts = [.. answer.Parts.Select(part => Read(part, CommaReading.Thousands))];
            return parts.Length <= MaxItems ? [new ListNode(parts, Join.Comma)] : [];
        }

        string text = AnswerSpellings.Trimmed(answer.Text);
        if (text.Length > options.MaxAnswerLength)
        {
            return [new TextNode(text)];
        }

        return Readings(text, hasDecimalComma);
    }

    /// <summary>The readings of an answer that ends a text with an exclamation mark, which may be one of joy: "The answer is 18!"</summary>
    public List<Node> Exclaimed(StatedAnswer answer, bool hasDecimalComma) =>
        ExclaimedNumber().Match(AnswerSpellings.Trimmed(answer.Text)) is { Success: true } exclaimed
            ? Readings(exclaimed.Groups["number"].Value, hasDecimalComma)
            : [];

    /// <summary>Whether two answers agree if a comma in one of them is a decimal point.</summary>
    public bool MayAgreeByComma(string gold, string prediction, AnswerComparer comparer)
    {
        string[] texts = [AnswerSpellings.Trimmed(gold), AnswerSpellings.Trimmed(prediction)];
        return texts.Any(text => text.Length <= MaxQuantity && OneComma().IsMatch(text) && !IsThousands().IsMatch(text))
            && comparer.Compare(Read(texts[0], CommaReading.Decimal), Read(texts[1], CommaReading.Decimal)) == AnswerVerdict.Equal;
    }

    private List<Node> Readings(string text, bool hasDecimalComma)
    {
        if (Moments.Read(text) is { } moment)
        {
            return [moment];
        }

        if (RealNumbers(text) is { } reals)
        {
            return [reals];
        }

        if (NumberForms.ReadTruncated(text) is { } truncated)
        {
            return [truncated];
        }

        text = AnswerSpellings.Numeral(text);
        if (NumberForms.ReadPeriod(text) is { } periodic)
        {
            return [periodic];
        }

        text = AnswerSpellings.Rewritten(Restated(text) ?? text);
        List<Node> readings = [];
        if (LastStep(text) is { } step)
        {
            readings.AddRange(Readings(step, hasDecimalComma));
        }

        if (hasDecimalComma && DotsBetweenThousands().IsMatch(text))
        {
            readings.Add(Read(text.Replace(".", "", StringComparison.Ordinal), CommaReading.Thousands));
        }

        bool mayBeDecimal = HasCommaBetweenDigits(text) && (DecimalComma().IsMatch(text) || (hasDecimalComma && OneComma().IsMatch(text)));
        if (hasDecimalComma && mayBeDecimal)
        {
            readings.Add(Read(text, CommaReading.Decimal));
        }

        QuantityNode? quantity = QuantityReader.Read(
            text,
            part =>
                Parse(
                    part,
                    mayBeDecimal || OneComma().IsMatch(part) && !IsThousands().IsMatch(part) ? CommaReading.Decimal : CommaReading.Thousands
                )
        );
        if (quantity is { MayBeProduct: false })
        {
            readings.Add(quantity);
        }

        if (quantity is not { MayBeProduct: false })
        {
            readings.Add(Read(text, CommaReading.Thousands));
        }

        if (quantity is { MayBeProduct: true })
        {
            readings.Add(quantity);
        }

        if (HasCommaBetweenDigits(text))
        {
            readings.Add(Read(text, CommaReading.Separator));
            if (mayBeDecimal)
            {
                readings.Add(Read(text, CommaReading.Decimal));
            }
        }

        if (
            (
                text.Contains('≈')
                || text.Contains("\\approx", StringComparison.Ordinal)
                || text.Contains("\\simeq", StringComparison.Ordinal)
            ) && Approximation().Match(text) is { Success: true } rounded
        )
        {
            readings.Add(Read(rounded.Groups["value"].Value, CommaReading.Thousands));
        }

        AddNumbers(text, readings);
        return readings;
    }

    /// <summary>Numbers in words, in roman numerals, in bases, and with a suffix.</summary>
    private void AddNumbers(string text, List<Node> readings)
    {
        if (NumberForms.ReadBase(text) is { } numeral)
        {
            if (text.StartsWith('0'))
            {
                // 0xFE is no product of 0.
                readings.Clear();
                readings.Add(numeral);
                readings.Add(new NumberNode(new Fraction(numeral.Value, 1)));
            }
            else
            {
                readings.Insert(0, numeral);
            }
        }

        if (NumberForms.ReadRoman(text) is { } roman)
        {
            readings.Add(NumberNode.Of(roman));
        }

        if (NumberForms.ReadSuffix(text) is { } scaled)
        {
            readings.Add(new NumberNode(scaled));
        }

        int known = readings.Count;
        string plain = LatexText.ToPlain(text);
        if (NumberWords.ReadOrdinal(plain) is { } place)
        {
            readings.Insert(0, NumberNode.Of(place));
        }
        else if (NumberWords.Read(plain) is ({ } value, { } after) && !after.Contains(',', StringComparison.Ordinal))
        {
            string unit = after.Trim('.', ' ');
            NumberNode number = new(value);
            if (unit.Length == 0)
            {
                readings.Insert(0, number);
            }
            else if (unit is "per cent" || Units.IsPercentWord(unit))
            {
                readings.Insert(0, new QuantityNode(number, "%"));
            }
            else if (Units.Find(unit).Count > 0 || (CountedThing().IsMatch(unit) && after[0] is not (' ' or '.')))
            {
                readings.Insert(0, new QuantityNode(number, unit));
            }
        }
        else if (plain is "half" or "a half")
        {
            readings.Insert(0, new NumberNode(new Fraction(1, 2)));
        }

        if (readings.Count == known && Counted().Match(text) is { Success: true } counted)
        {
            string number = counted.Groups["value"].Value;
            readings.Add(Read(number, CommaReading.Thousands));
        }

        if (
            readings.Count == known
            && Worded().IsMatch(text)
            && NumberWords.Find(text) is [var only]
            && NumberWords.Read(only) is (var said, "")
        )
        {
            // "There are three solutions."
            readings.Add(new NumberNode(said));
        }
    }

    private Node? Parse(string text, CommaReading commas)
    {
        Node? node = text.Length > MaxQuantity ? null : MathParser.Parse(text, commas, budget);
        return node is null && NumberWords.Read(text) is ({ } value, "") ? new NumberNode(value) : node;
    }

    private Node Read(string text, CommaReading commas)
    {
        string answer = AnswerSpellings.Trimmed(text);
        return
            answer.Length > options.MaxAnswerLength
            || IsWord(answer)
            || (answer.Contains(' ') && char.IsAsciiLetter(answer[0]) && Sentence().IsMatch(answer))
            ? new TextNode(answer)
            : MathParser.Parse(answer, commas, budget) ?? new TextNode(answer);
    }

    /// <summary>Words for sets of real numbers: "all real numbers except 2".</summary>
    private Node? RealNumbers(string text)
    {
        if (text.Length > MaxQuantity || !text.Contains("real", StringComparison.OrdinalIgnoreCase))
        {
            return null;
        }

        Match match = AllReals().Match(LatexText.ToPlain(text).Trim('.', ' '));
        if (!match.Success)
        {
            return null;
        }

        SymbolNode line = new("ℝ");
        if (!match.Groups["but"].Success)
        {
            return line;
        }

        string but = match.Groups["but"].Value;
        return MathParser.Parse(but, CommaReading.Thousands, budget) switch
        {
            ListNode list => new SetOperationNode(
                '-',
                line,
                new GroupNode('{', '}', [.. list.Items.Select(item => LabelledAnswer.Of(item).Value)])
            ),
            { } one => new SetOperationNode('-', line, new GroupNode('{', '}', [LabelledAnswer.Of(one).Value])),
            _ => null,
        };
    }

    /// <summary>
    /// A value without brackets behind it that only say it again or rule another one out: "0.6 (3/5)", "12 (twelve)", "12 (not 13)".
    /// </summary>
    private string? Restated(string text)
    {
        if (text.Length > MaxQuantity || Bracketed().Match(text) is not { Success: true } match)
        {
            return null;
        }

        string value = match.Groups["value"].Value;
        string inside = match.Groups["inside"].Value;
        if (Ruled().IsMatch(inside))
        {
            return value;
        }

        return NumberOf(value) is { } number && NumberOf(inside) is { } again && number == again ? value : null;
    }

    /// <summary>The number that a text is, a percentage as its hundredth part.</summary>
    private Fraction? NumberOf(string text)
    {
        bool isPercent = text.EndsWith('%');
        string plain = LatexText.ToPlain(text).TrimEnd('%', '\\', ' ');
        Fraction? value = NumberWords.Read(plain) is ({ } words, "")
            ? words
            : MathParser.Parse(plain, CommaReading.Thousands, budget) switch
            {
                NumberNode number => number.Value,
                QuotientNode { Numerator: NumberNode upper, Denominator: NumberNode { Value.Numerator.IsZero: false } lower } => upper.Value
                    / lower.Value,
                _ => null,
            };
        return isPercent && value is { } hundredfold ? hundredfold / new Fraction(100, 1) : value;
    }

    /// <summary>
    /// The last of several steps: after ⇒, or of the lines of an align whose lines are steps, and not answers beside each other.
    /// </summary>
    private string? LastStep(string text)
    {
        if (text.AsSpan().IndexOfAny(StepMarks) < 0)
        {
            return null;
        }

        int arrow = Arrow().Matches(text) is { Count: > 0 } arrows ? arrows[^1].Index + arrows[^1].Length : -1;
        if (arrow > 0)
        {
            return text[arrow..].Trim() is { Length: > 0 } after ? after : null;
        }

        if (!Lines().IsMatch(text) || text.Contains("cases", StringComparison.Ordinal) || text.Contains("matrix", StringComparison.Ordinal))
        {
            return null;
        }

        string joined = Continued().Replace(Environments().Replace(text, " "), " = ");
        string[] rows =
        [
            .. joined
                .Split("\\\\")
                .Select(row => row.Replace("&", "", StringComparison.Ordinal).Trim().TrimEnd('.', ','))
                .Where(row => row.Length > 0),
        ];
        if (rows.Length == 0)
        {
            return null;
        }

        if (rows.Length == 1)
        {
            return rows[0];
        }

        HashSet<string>? names = null;
        foreach (string row in rows)
        {
            HashSet<string> here = [.. NodeRewriter.Variables(Read(row, CommaReading.Thousands))];
            if (names is not null && !names.SetEquals(here))
            {
                return null;
            }

            names = here;
        }

        return names?.Count == 1 ? rows[^1] : null;
    }

    // A word is a word, and not a product of its letters: listen is not silent.
    private static bool IsWord(string text) =>
        (text.Length > 2 || text.Equals("no", StringComparison.OrdinalIgnoreCase))
        && text is not "inf"
        && text.All(char.IsLetter)
        && !MathFunctions.Known.Contains(text)
        && text is not ("infinity" or "pi");

    // 1,22 may be a decimal; 1,2 is two numbers and 1,222 is a thousand, each far more often.
    [GeneratedRegex(
        @"^[^\d,]*\d+,(\d\d|\d{4,})[^\d,]*$",
        RegexOptions.CultureInvariant | RegexOptions.NonBacktracking | RegexOptions.ExplicitCapture
    )]
    private static partial Regex DecimalComma();

    [GeneratedRegex(@"^-?\d{1,3}(\.\d{3})+$", RegexOptions.CultureInvariant | RegexOptions.NonBacktracking | RegexOptions.ExplicitCapture)]
    private static partial Regex DotsBetweenThousands();

    /// <summary>Words, and nothing that is mathematics.</summary>
    [GeneratedRegex(
        @"^['\u2019A-Za-z]{2,}[,;]?( ['\u2019A-Za-z]+[,;]?)* ([a-z]{3,}|is|it|of)[.!]?( [a-z]+)*$",
        RegexOptions.CultureInvariant | RegexOptions.NonBacktracking
    )]
    private static partial Regex Sentence();

    [GeneratedRegex(
        @"(\\approx|≈|\\simeq)\s*(?<value>-?\d+(\.\d+)?)\$?$",
        RegexOptions.CultureInvariant | RegexOptions.NonBacktracking | RegexOptions.ExplicitCapture
    )]
    private static partial Regex Approximation();

    /// <summary>Words and nothing else, three of them or more.</summary>
    [GeneratedRegex(@"^\p{L}[\p{L},'’-]* ([\p{L},'’-]+ )+[\p{L}'’-]+$", RegexOptions.CultureInvariant | RegexOptions.NonBacktracking)]
    private static partial Regex Worded();

    /// <summary>"40% of the students", "15 - that is …": a value and words that belong to it.</summary>
    [GeneratedRegex(
        @"^(?<value>\$?\d[\d.,]*\\?%?)( of (the|all|them|his|her|its|their|our|my)\b| [-–—] [A-Za-z']{3,})[^\d]*$",
        RegexOptions.CultureInvariant | RegexOptions.NonBacktracking | RegexOptions.ExplicitCapture
    )]
    private static partial Regex Counted();

    [GeneratedRegex(@"^(?<number>\d+)!$", RegexOptions.CultureInvariant | RegexOptions.NonBacktracking | RegexOptions.ExplicitCapture)]
    private static partial Regex ExclaimedNumber();

    [GeneratedRegex(
        @"^(?<value>[^()]*[^()\s\\a-zA-Z^_]\\?%?) \((?<inside>[^()]+)\)$",
        RegexOptions.CultureInvariant | RegexOptions.NonBacktracking | RegexOptions.ExplicitCapture
    )]
    private static partial Regex Bracketed();

    /// <summary>How brackets begin that add nothing to the value before them.</summary>
    [GeneratedRegex(
        @"^(not|or|i\.e|that is|see|rounded|since|because|approx\w*|about)\b",
        RegexOptions.CultureInvariant | RegexOptions.NonBacktracking | RegexOptions.ExplicitCapture | RegexOptions.IgnoreCase
    )]
    private static partial Regex Ruled();

    [GeneratedRegex(@"^[^\d,]*\d+,\d+[^\d,]*$", RegexOptions.CultureInvariant | RegexOptions.NonBacktracking)]
    private static partial Regex OneComma();

    [GeneratedRegex(@"^[^\d,]*\d{1,3}(,\d{3})+[^\d,]*$", RegexOptions.CultureInvariant | RegexOptions.NonBacktracking)]
    private static partial Regex IsThousands();

    [GeneratedRegex(@"^[a-z]{3,20}( [a-z]{2,20})?$", RegexOptions.CultureInvariant | RegexOptions.NonBacktracking)]
    private static partial Regex CountedThing();

    [GeneratedRegex(
        @"^(([a-z]|the [a-z ]{3,40}) (is|can be|=) )?(the set of )?(all|any|every) (x in )?reals?( numbers?"
            + @"| values?)?( of)?( [a-z])?(,?\s*(except|excluding|but not|other than|but)( for)?\s*(?<but>.+))?$",
        RegexOptions.CultureInvariant | RegexOptions.NonBacktracking | RegexOptions.ExplicitCapture | RegexOptions.IgnoreCase
    )]
    private static partial Regex AllReals();

    [GeneratedRegex(
        @"\\(implies|Rightarrow|Longrightarrow|iff|Leftrightarrow|Longleftrightarrow|therefore)\b|⇒|⟹|=>|⇔|∴",
        RegexOptions.CultureInvariant | RegexOptions.NonBacktracking | RegexOptions.ExplicitCapture
    )]
    private static partial Regex Arrow();

    [GeneratedRegex(
        @"\\begin\{(align|aligned|gather|gathered|split|eqnarray|array)\*?\}",
        RegexOptions.CultureInvariant | RegexOptions.NonBacktracking
    )]
    private static partial Regex Lines();

    [GeneratedRegex(@"\\(begin|end)\{[a-z]+\*?\}(\{[lcr|]*\})?", RegexOptions.CultureInvariant | RegexOptions.NonBacktracking)]
    private static partial Regex Environments();

    [GeneratedRegex(@"\\\\\s*(\[\d+pt\])?\s*&?\s*&?=", RegexOptions.CultureInvariant | RegexOptions.NonBacktracking)]
    private static partial Regex Continued();

    private static bool HasCommaBetweenDigits(string text)
    {
        for (int i = 1; i + 1 < text.Length; i++)
        {
            if (text[i] == ',' && char.IsAsciiDigit(text[i - 1]) && char.IsAsciiDigit(text[i + 1]))
            {
                return true;
            }
        }

        return false;
    }
}
