using System.Globalization;
using System.Text.RegularExpressions;

namespace RewardReasoning.Verification.Parsing;

/// <summary>
/// Ways of writing an answer that the parser does not know, each rewritten into one that it knows. The tables are applied from top to
/// bottom, each rule to what the rules before it made; a rule that does not apply gives the text as it was.
/// </summary>
internal static partial class AnswerSpellings
{
    private const int MaxLength = 200;

    /// <summary>What comes before an answer and is not part of it.</summary>
    private static readonly Spelling[] Openings =
    [
        new("minus 5", _ => true, text => Minus().Replace(text, "-${rest}")),
        new("Total: 5", _ => true, text => Label().Replace(text, "")),
        new("about 5", _ => true, text => About().Replace(text, "${value}")),
        new(
            "option C",
            text => text.EndsWith(')') || IsShort(text) && char.IsAsciiLetterUpper(text[^1]),
            text => Option().Replace(text, "${letter}")
        ),
        new("20 + 15 = **35**", text => Has(text, "**"), text => Bold().Replace(text, "= ${value}")),
    ];

    /// <summary>Other spellings of numbers.</summary>
    private static readonly Spelling[] Numerals =
    [
        new("5'3\"", _ => true, text => FeetAndInches().Replace(text, "$1 ft $2 in")),
        new("30'45''", text => Has(text, "''"), text => text.Replace("''", "\"", StringComparison.Ordinal)),
        new("0.1\\dot{6}", text => Has(text, "\\dot"), text => Dotted().Replace(text, "${fixed}(${period})")),
        new("3 and 3/4", IsSentence, text => AndFraction().Replace(text, "$1 $2")),
    ];

    /// <summary>Answers in words, or in marks that are not of mathematics.</summary>
    private static readonly Spelling[] Worded =
    [
        new("red, green and blue", text => Has(text, " and "), text => Listed().Replace(text, "${first}, ${last}")),
        new("{x | x < 0}, {1, 2}", text => text is ['{', .., '}'], text => Braced().Replace(text, "\\{${inside}\\}")),
        new("]2, 5[", text => text is ['[' or ']', .., '[' or ']'], Interval),
        new("A → B → C", text => Has(text, "→") || Has(text, "->"), InOrder),
        new("minus infinity", IsSentence, text => MinusInfinity().Replace(text, "-\\infty")),
        new("3.2 +/- 0.1", text => Has(text, "+/-") || Has(text, " +- "), text => PlusMinus().Replace(text, "\\pm ")),
        new("the square root of five", text => Has(text, "root of "), RootOf),
        new("x squared", text => Has(text, "ed"), Power),
        new("half of x, twice x", text => Has(text, "half of ") || Has(text, "wice "), Multiple),
        new("three pi", text => Has(text, " pi"), MultipleOfPi),
        new("m is at most 6", text => Has(text, " than ") || Has(text, " at "), Compared),
        new("P(X = 2) = 3/8", text => Has(text, "="), text => Probability().Replace(text, "p = ${value}")),
        new("$5 an hour", text => Has(text, " a") || Has(text, "/"), Rate),
        new("US dollars", text => Has(text, "dollar") || Has(text, "franc"), Currency),
        new("two pounds and fifty pence", text => Has(text, "pen") || Has(text, "cent"), WithDigits),
        new("20% chance", text => Has(text, "%") || Has(text, "percent"), text => ShareOfSomething().Replace(text, "${value}")),
        new("3 to 4", text => Has(text, " to "), text => Proportion().Replace(text, "$1 : $2")),
        new("3 in 4, one out of four", IsSentence, ShareOf),
        new(
            "where k is an integer",
            text => text.Contains("integer", StringComparison.OrdinalIgnoreCase),
            text => DeclaredInteger().Replace(text, ", ${letter}\\in\\mathbb{Z}")
        ),
    ];

    /// <summary>Other spellings of whole answers.</summary>
    private static readonly Spelling[] Wholes =
    [
        .. Worded,
        new("1.234.567,89", _ => true, NumberForms.Regroup),
        new("6C2, 6 choose 2", _ => true, NumberForms.Combinations),
    ];

    /// <summary>What is looked for in longer texts too.</summary>
    private static readonly Spelling[] LongWholes = [Wholes[^3]];

    /// <summary>A number in the spelling of the parser.</summary>
    public static string Numeral(string text) => text.Length > MaxLength ? text : Apply(Numerals, text);

    /// <summary>The answer without blanks, marks and words around it.</summary>
    public static string Trimmed(string text)
    {
        string trimmed = text.Trim().TrimEnd('✅', '✓', '✔', '\uFE0F').TrimEnd();
        trimmed = trimmed.EndsWith("...", StringComparison.Ordinal) ? trimmed : trimmed.TrimEnd('.', '。', '．');
        trimmed = trimmed.Trim('*', ' ', '`');
        return Apply(Openings, trimmed is ['=', ' ', _, ..] ? trimmed[2..].TrimStart() : trimmed);
    }

    /// <summary>A whole answer in the spelling of the parser.</summary>
    public static string Rewritten(string text) => text.Length > MaxLength ? Apply(LongWholes, text) : Apply(Wholes, text);

    private static string Apply(Spelling[] spellings, string text)
    {
        foreach (Spelling spelling in spellings)
        {
            text = spelling.MayApply(text) ? spelling.Rewrite(text) : text;
        }

        return text;
    }

    /// <summary>Whether a text is an answer in words, and no sentence that has one somewhere.</summary>
    public static bool IsWorded(string text) => text.Length <= MaxLength && Apply(Worded, text) != text;

    private static bool IsShort(string text) => text.Length is > 0 and <= MaxLength;

    private static bool IsSentence(string text) => text.Contains(' ');

    /// <summary>Intervals whose open ends are written by brackets turned round.</summary>
    private static string Interval(string text) =>
        (text[0] == ']' || text[^1] == '[') && TurnedRound().IsMatch(text)
            ? $"{(text[0] == ']' ? '(' : '[')}{text[1..^1]}{(text[^1] == '[' ? ')' : ']')}"
            : text;

    private static string InOrder(string text) => Chain().IsMatch(text) ? Arrow().Replace(text, ", ") : text;

    private static string RootOf(string text) =>
        Root().Match(text) is { Success: true } match && (Whole(match.Groups["of"].Value) ?? Letter(match.Groups["of"].Value)) is { } of
            ? match.Groups["kind"].Value[0] is 'c'
                ? $"\\sqrt[3]{{{of}}}"
                : $"\\sqrt{{{of}}}"
            : text;

    private static string Power(string text) =>
        Powered().Match(text) is { Success: true } match && (Whole(match.Groups["of"].Value) ?? Letter(match.Groups["of"].Value)) is { } of
            ? $"{of}^{(match.Groups["power"].Value[0] == 's' ? 2 : 3)}"
            : text;

    private static string Multiple(string text) =>
        Multiplied().Match(text) is { Success: true } match
        && (Whole(match.Groups["of"].Value) ?? Letter(match.Groups["of"].Value)) is { } of
            ? match.Groups["half"].Success
                ? $"{of}/2"
                : $"2*{of}"
            : text;

    private static string MultipleOfPi(string text) =>
        Pi().Match(text) is { Success: true } match && Whole(match.Groups["of"].Value) is { } of ? $"{of}\\pi" : text;

    private static string Compared(string text)
    {
        if (Comparison().Match(text) is not { Success: true } match)
        {
            return text;
        }

        bool isLess = match.Groups["less"].Success;
        bool orEqual = match.Groups["equal"].Success;
        return $"{match.Groups["letter"].Value} {(isLess ? "<" : ">")}{(orEqual ? "=" : "")} {match.Groups["value"].Value}";
    }

    private static string Rate(string text) => Slashed().Replace(Article().Replace(text, "${of} per ${per}"), "${of} per ${per}");

    private static string Currency(string text) =>
        Dollars()
            .Replace(
                Francs().Replace(text, "CHF"),
                match =>
                    match.Groups["of"].Value[0] switch
                    {
                        'C' or 'c' => "CAD",
                        'A' when match.Groups["of"].Value.StartsWith("Au", StringComparison.Ordinal) => "AUD",
                        _ => "USD",
                    }
            );

    private static string WithDigits(string text) =>
        Coins().Match(text) is { Success: true } match
        && Whole(match.Groups["whole"].Value) is { } whole
        && Whole(match.Groups["part"].Value) is { } part
            ? $"{whole} {match.Groups["unit"].Value} {part} {match.Groups["coin"].Value}"
            : text;

    private static string? Letter(string text) => text.Length == 1 && char.IsAsciiLetter(text[0]) ? text : null;

    private static bool Has(string text, string part) => text.Contains(part, StringComparison.Ordinal);

    /// <summary>"5 over 12", "1 in 4", "one out of four" as fractions.</summary>
    private static string ShareOf(string text)
    {
        if (Share().Match(text) is not { Success: true } match)
        {
            return text;
        }

        string? part = Whole(match.Groups["part"].Value);
        string? all = Whole(match.Groups["all"].Value);
        return part is null || all is null ? text : $"{part}/{all}";
    }

    /// <summary>The digits of a whole number that is written in digits or in words; null for anything else.</summary>
    private static string? Whole(string number) =>
        char.IsAsciiDigit(number[0]) ? number
        : NumberWords.Read(number) is ({ Denominator.IsOne: true } value, "") ? value.Numerator.ToString(CultureInfo.InvariantCulture)
        : null;

    [GeneratedRegex(
        @"^(minus|negative) (?<rest>[\d\\$.])",
        RegexOptions.CultureInvariant | RegexOptions.NonBacktracking | RegexOptions.ExplicitCapture | RegexOptions.IgnoreCase
    )]
    private static partial Regex Minus();

    [GeneratedRegex(
        @"^(result|total|sum|value|solution)\s*:\s*",
        RegexOptions.CultureInvariant | RegexOptions.NonBacktracking | RegexOptions.ExplicitCapture | RegexOptions.IgnoreCase
    )]
    private static partial Regex Label();

    [GeneratedRegex(
        @"^(about|approximately|approx\.?|roughly|around|nearly|almost|≈|\\approx|~)\s*(?<value>[\d$\\])",
        RegexOptions.CultureInvariant | RegexOptions.NonBacktracking | RegexOptions.IgnoreCase | RegexOptions.ExplicitCapture
    )]
    private static partial Regex About();

    [GeneratedRegex(@"^(\d+)['′]\s?(\d{1,2})([""″]|'')?$", RegexOptions.CultureInvariant | RegexOptions.NonBacktracking)]
    private static partial Regex FeetAndInches();

    [GeneratedRegex(@"^(\d+) to (\d+)$", RegexOptions.CultureInvariant | RegexOptions.NonBacktracking)]
    private static partial Regex Proportion();

    [GeneratedRegex(
        @"^(?<part>\d+|[A-Za-z]+) (over|in|out of) (?<all>\d+|[A-Za-z]+)$",
        RegexOptions.CultureInvariant | RegexOptions.NonBacktracking | RegexOptions.ExplicitCapture
    )]
    private static partial Regex Share();

    [GeneratedRegex(
        @"[\s,;(]*(\\text\{|\\mbox\{|\\quad|\\ )*\s*[,(]?\s*(where |with |for )?(any |all |some "
            + @"|every )?(integers? )?\$?\\?[(]?\s*(?<letter>[a-zA-Z])\s*\\?[)]?\$?\}?\s*(\\text\{|\\mbox\{)?\s*(is |are |be "
            + @"|being )?(an |any |some )?(arbitrary )?(integers?|∈ integers)[\s.)}]*$|[\s,;(]*(\\text\{|\\mbox\{)?\s*(where "
            + @"|with |for )?(any |all |some |every )?integers?\s*\}?\s*\$?(?<letter>[a-zA-Z])\$?[\s.)}]*$",
        RegexOptions.CultureInvariant | RegexOptions.NonBacktracking | RegexOptions.ExplicitCapture
    )]
    private static partial Regex DeclaredInteger();

    [GeneratedRegex(
        @"^(option|choice|answer)\s+\(?(?<letter>[A-J])\)?$",
        RegexOptions.CultureInvariant | RegexOptions.NonBacktracking | RegexOptions.ExplicitCapture | RegexOptions.IgnoreCase
    )]
    private static partial Regex Option();

    [GeneratedRegex(@"=\s*\*\*(?<value>[^*=]+)\*\*$", RegexOptions.CultureInvariant | RegexOptions.NonBacktracking)]
    private static partial Regex Bold();

    [GeneratedRegex(
        @"^(?<fixed>-?\d*\.\d*)\\dot\s*\{?(?<period>\d)\}?$",
        RegexOptions.CultureInvariant | RegexOptions.NonBacktracking | RegexOptions.ExplicitCapture
    )]
    private static partial Regex Dotted();

    [GeneratedRegex(@"^(-?\d+) and (\d+/\d+)$", RegexOptions.CultureInvariant | RegexOptions.NonBacktracking)]
    private static partial Regex AndFraction();

    [GeneratedRegex(
        @"^(?<first>\p{L}{3,}(, \p{L}{3,})*),? and (?<last>\p{L}{3,})$",
        RegexOptions.CultureInvariant | RegexOptions.NonBacktracking | RegexOptions.ExplicitCapture
    )]
    private static partial Regex Listed();

    [GeneratedRegex(
        @"^\{(?<inside>[^{}]*[|:,][^{}]*)\}$",
        RegexOptions.CultureInvariant | RegexOptions.NonBacktracking | RegexOptions.ExplicitCapture
    )]
    private static partial Regex Braced();

    [GeneratedRegex(@"^[\[\]][^\[\]]+[,;][^\[\]]+[\[\]]$", RegexOptions.CultureInvariant | RegexOptions.NonBacktracking)]
    private static partial Regex TurnedRound();

    [GeneratedRegex(
        @"^\w+(\s*(→|->|-->)\s*\w+){2,}$",
        RegexOptions.CultureInvariant | RegexOptions.NonBacktracking | RegexOptions.ExplicitCapture
    )]
    private static partial Regex Chain();

    [GeneratedRegex(@"\s*(→|-->|->)\s*", RegexOptions.CultureInvariant | RegexOptions.NonBacktracking | RegexOptions.ExplicitCapture)]
    private static partial Regex Arrow();

    [GeneratedRegex(
        @"^(negative|minus) infinity$",
        RegexOptions.CultureInvariant | RegexOptions.NonBacktracking | RegexOptions.ExplicitCapture | RegexOptions.IgnoreCase
    )]
    private static partial Regex MinusInfinity();

    [GeneratedRegex(@"\+/-\s*| \+- ", RegexOptions.CultureInvariant | RegexOptions.NonBacktracking)]
    private static partial Regex PlusMinus();

    [GeneratedRegex(
        @"^(the )?(?<kind>square|cube) root of (?<of>\w+)$",
        RegexOptions.CultureInvariant | RegexOptions.NonBacktracking | RegexOptions.ExplicitCapture
    )]
    private static partial Regex Root();

    [GeneratedRegex(
        @"^(?<of>\w+) (?<power>squared|cubed)$",
        RegexOptions.CultureInvariant | RegexOptions.NonBacktracking | RegexOptions.ExplicitCapture
    )]
    private static partial Regex Powered();

    [GeneratedRegex(
        @"^((?<half>(one )?half of)|twice) (?<of>\w+)$",
        RegexOptions.CultureInvariant | RegexOptions.NonBacktracking | RegexOptions.ExplicitCapture | RegexOptions.IgnoreCase
    )]
    private static partial Regex Multiplied();

    [GeneratedRegex(
        @"^(?<of>[a-z][a-z -]*) pi$",
        RegexOptions.CultureInvariant | RegexOptions.NonBacktracking | RegexOptions.ExplicitCapture
    )]
    private static partial Regex Pi();

    [GeneratedRegex(
        @"^\$?(?<letter>[a-zA-Z])\$? (is|must be) (strictly )?"
            + @"((?<less>less|smaller) than(?<equal> or equal to)?|(greater|more|larger) than(?<equal> or equal to)?"
            + @"|(?<equal>at least)|(?<less>(?<equal>at most))) \$?(?<value>-?\d[\d./]*)\$?$",
        RegexOptions.CultureInvariant | RegexOptions.NonBacktracking | RegexOptions.ExplicitCapture
    )]
    private static partial Regex Comparison();

    [GeneratedRegex(
        @"^\$?((P|Pr|\\Pr|\\(mathbb|mathrm|operatorname)\s*\{(P|Pr|E)\}|E)\s*(\\left)?"
            + @"[(\[][^()\[\]]*(=|<|>|\\[lg]eq?|≤|≥|\||\\(cap|cup|mid)|∩|∪)[^()\[\]]*[)\]]|\\sigma\^\{?2\}?)\s*=\s*(?<value>[^=]+)$",
        RegexOptions.CultureInvariant | RegexOptions.NonBacktracking | RegexOptions.ExplicitCapture
    )]
    private static partial Regex Probability();

    [GeneratedRegex(
        @"^(?<of>[^a-z]*\d( [a-z]{3,})?) an? (?<per>second|minute|hour|day|week|month|year|mile|kilometer|kilometre|piece|pound|person)$",
        RegexOptions.CultureInvariant | RegexOptions.NonBacktracking | RegexOptions.ExplicitCapture
    )]
    private static partial Regex Article();

    [GeneratedRegex(
        @"^(?<of>[^a-z]*\d( [a-z]{3,})?)/(?<per>[a-z]{3,})$",
        RegexOptions.CultureInvariant | RegexOptions.NonBacktracking | RegexOptions.ExplicitCapture
    )]
    private static partial Regex Slashed();

    [GeneratedRegex(
        @"\b(?<of>US|U\.S\.|American|Canadian|Australian) dollars?\b",
        RegexOptions.CultureInvariant | RegexOptions.NonBacktracking | RegexOptions.ExplicitCapture
    )]
    private static partial Regex Dollars();

    [GeneratedRegex(@"\bSwiss francs?\b", RegexOptions.CultureInvariant | RegexOptions.NonBacktracking)]
    private static partial Regex Francs();

    [GeneratedRegex(
        @"^(?<whole>[a-z-]+( [a-z-]+)?|\d+) (?<unit>pounds?|dollars?|euros?)(,| and|, and)? "
            + @"(?<part>[a-z]+([ -][a-z]+)?|\d+) ?(?<coin>p|pence|penny|cents?)$",
        RegexOptions.CultureInvariant | RegexOptions.NonBacktracking | RegexOptions.ExplicitCapture | RegexOptions.IgnoreCase
    )]
    private static partial Regex Coins();

    [GeneratedRegex(
        @"^(an? )?(?<value>(\d[\d.,]*\s*|[a-z]+([ -][a-z]+)? )(\\?%|percent)) "
            + @"(chance|probability|discount|increase|decrease|profit|loss|off|tip|tax|reduction|more|less|markup|interest)$",
        RegexOptions.CultureInvariant | RegexOptions.NonBacktracking | RegexOptions.ExplicitCapture
    )]
    private static partial Regex ShareOfSomething();

    /// <summary>A rule of rewriting.</summary>
    /// <param name="Of">What it rewrites, as an example.</param>
    /// <param name="MayApply">A cheap look whether it may apply.</param>
    /// <param name="Rewrite">The text in the other spelling, or as it was.</param>
    private sealed record Spelling(string Of, Func<string, bool> MayApply, Func<string, string> Rewrite);
}
