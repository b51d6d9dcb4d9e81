using System.Buffers;
using System.Text.RegularExpressions;

namespace RewardReasoning.Verification.Answers;

/// <summary>Reads what an announcement is followed by, and what the last sentence of a text comes to.</summary>
internal static partial class Statements
{
    private const int MaxStatement = 400;
    private const int MaxRead = 3_000;
    private const int MinWordsAfterNumber = 6;

    private static readonly string[] Reasons =
    [
        " because ",
        " since ",
        " as ",
        " when ",
        " if ",
        " where ",
        " which ",
        " so ",
        " but ",
        " obtained ",
        " denn ",
        " da ",
        " weil ",
        " car ",
        " porque ",
        " pois ",
        " perché ",
        " так как ",
        " потому ",
    ];

    private static readonly SearchValues<char> LabelCharacters = SearchValues.Create("0123456789().");
    private static readonly string[] ReasonsOfSentences =
    [
        " because ",
        " since ",
        " as shown ",
        " as required",
        " as in ",
        " after ",
        " before ",
        " denn ",
        " weil ",
        " porque ",
    ];

    /// <summary>What follows an announcement.</summary>
    /// <param name="Text">The answer.</param>
    /// <param name="IsDirect">Whether a value follows at once, and not at the end of a sentence about something else.</param>
    internal readonly record struct Statement(string Text, bool IsDirect);

    /// <summary>The answer behind an announcement; null where nothing follows, or where it says what the answer is not.</summary>
    public static Statement? After(string text, AnswerCue cue)
    {
        if (cue.End < 0)
        {
            return Before(text, cue.Start);
        }

        string rest = text.Substring(cue.End, Math.Min(MaxRead, text.Length - cue.End));
        rest = Fillers().Match(rest) is { Success: true } fillers ? rest[fillers.Length..] : rest;
        string statement = rest[..SentenceEnd(rest)]
            .Trim(' ', '*', '\n', '\r', '\t')
            .TrimEnd('.', ',', '。', '．', ';')
            .TrimEnd('*', '_', ' ');
        if (statement is ['"' or '\'' or '“', _, ..] && statement[^1] is '"' or '\'' or '”')
        {
            statement = statement[1..^1].Trim();
        }

        if (statement.Length == 0 || Negated().IsMatch(statement))
        {
            return null;
        }

        if (Hedged().IsMatch(statement))
        {
            return new Statement(statement, false);
        }

        List<AnswerPart> parts = AnswerTextParts.Find(statement);
        if (parts.Count > 0 && parts[0].Start <= 1 && Leading(statement, parts) is { } leading)
        {
            return new Statement(leading, true);
        }

        bool isBrief = AnswerTextParts.CountWords(statement, parts) < 2 || parts.Count == 0;
        return isBrief
            ? statement.Length <= MaxStatement
                ? new Statement(WithoutRemark(statement), statement.Length < 60)
                : null
            : ValueOf(statement) is { } value
                ? new Statement(value, false)
                : null;
    }

    /// <summary>Whether a statement is but a box, which is read elsewhere.</summary>
    public static bool IsBox(string statement) =>
        statement.Contains("\\boxed", StringComparison.Ordinal) || statement.Contains("\\fbox", StringComparison.Ordinal);

    /// <summary>The value that the last sentence comes to which has one and is not a remark.</summary>
    public static string? LastValue(string text)
    {
        List<string> sentences = Sentences(text);
        foreach (bool remarks in new[] { false, true })
        {
            for (int i = sentences.Count - 1; i >= 0; i--)
            {
                if (
                    Remark().IsMatch(sentences[i]) == remarks
                    && Hedged().IsMatch(sentences[i])
                    && AnswerTextParts.Find(sentences[i]).Count > 0
                )
                {
                    return null;
                }

                if (Remark().IsMatch(sentences[i]) == remarks && ValueOf(sentences[i]) is { } value)
                {
                    return value;
                }
            }
        }

        return null;
    }

    private static Statement? Before(string text, int end)
    {
        string sentence = Sentences(text[Math.Max(0, end - MaxRead)..end]) is { Count: > 0 } sentences ? sentences[^1] : "";
        return
            !Hedged().IsMatch(sentence)
            && AnswerTextParts.Find(sentence) is { Count: > 0 } parts
            && sentence[parts[^1].End..].Trim(' ', '*', '.', ',').Length == 0
            ? new Statement(parts[^1].Text, true)
            : null;
    }

    /// <summary>The value that a statement opens with; null where other text belongs to it.</summary>
    private static string? Leading(string statement, List<AnswerPart> parts)
    {
        statement = WithoutRemark(statement);
        string clause = WithoutRemark(statement[..ClauseEnd(statement, parts[0].End)]);
        List<AnswerPart> inside = AnswerTextParts.Find(clause);
        if (inside.Count == 0)
        {
            return null;
        }

        // "5 apples and 3 oranges" is the answer as written.
        int words = AnswerTextParts.CountWords(clause, inside);
        return inside.Count == 1
            && !inside[0].IsFormula
            && clause[inside[0].End..].Trim() is not []
            && words == 0
            && !clause[inside[0].End..].Any(c => c is '$' or '\\' or '(' or '=')
                ? inside[0].Text
            : words == 0 || (words < MinWordsAfterNumber && !inside[0].IsFormula && inside.Count > 1 && !clause.Contains('=')) ? clause
            : inside[0].Text;
    }

    /// <summary>Without a remark in brackets behind it: "8 (see step 2)", "3/4 (or 0.75)".</summary>
    private static string WithoutRemark(string text)
    {
        int open = text.IndexOf(" (", StringComparison.Ordinal);
        return
            open > 0
            && AnswerTextParts.Find(text[..open]).Count > 0
            && text.TrimEnd().EndsWith(')')
            && RemarkInBrackets().IsMatch(text[(open + 1)..])
            ? text[..open].TrimEnd()
            : text;
    }

    /// <summary>The value of a sentence: what is set in bold, else its last expression before the reasons.</summary>
    private static string? ValueOf(string sentence)
    {
        List<AnswerPart> all = AnswerTextParts.Find(sentence);
        if (all.Count == 0)
        {
            return null;
        }

        if (
            Bold().Matches(sentence).LastOrDefault() is { } bold
            && bold.Groups["content"].Value.Trim().TrimEnd('.', ':') is var content
            && AnswerTextParts.Find(content) is { Count: > 0 } inBold
            && AnswerTextParts.CountWords(content, inBold) <= 2
        )
        {
            return inBold[0].Start == 0 || inBold.Count > 1 ? content : inBold[0].Text;
        }

        string clause = sentence[..ClauseEnd(sentence, all[0].End, isSentence: true)];
        List<AnswerPart> parts =
        [
            .. AnswerTextParts
                .Find(WithoutRemark(clause))
                .Where(part =>
                    part.Text.AsSpan().IndexOfAnyExcept(LabelCharacters) >= 0
                    || !Named().IsMatch(clause[Math.Max(0, part.Start - 14)..part.Start])
                ),
        ];
        if (parts.Count == 0)
        {
            // "It isn't 5; it's 6."
            return clause.Length < sentence.Length ? ValueOf(sentence[(clause.Length + 1)..]) : null;
        }

        // "220 $ to pay within 12 months": a price outranks the numbers around it.
        List<AnswerPart> prices = [.. parts.Where(part => !part.IsFormula && part.Text.AsSpan().ContainsAny("$€£"))];
        AnswerPart chosen = prices.Count == 1 && !parts.Exists(part => part.IsFormula) && parts.Count <= 3 ? prices[0] : parts[^1];
        Match proportion = Proportion().Match(clause, chosen.Start > 20 ? chosen.Start - 20 : 0);
        if (RatioOf().Match(clause) is { Success: true } ratio && ratio.Index + ratio.Length >= chosen.End)
        {
            return $"{ratio.Groups["first"].Value} : {ratio.Groups["second"].Value}";
        }

        return proportion.Success && proportion.Index + proportion.Length >= chosen.End
            ? $"{proportion.Groups["part"].Value}/{proportion.Groups["all"].Value}"
            : (SaidMinus().IsMatch(clause.AsSpan(0, chosen.Start)) && char.IsAsciiDigit(chosen.Text[0]) ? "-" : "")
                + chosen.Text
                + (clause[chosen.End..].TrimStart(' ', '$') is ['%', ..] ? "%" : "");
    }

    /// <summary>Where the reasons begin: "5, since …", "5 because …", "$3/4$, which is 0.75".</summary>
    private static int ClauseEnd(string statement, int from, bool isSentence = false)
    {
        int end = statement.Length;
        for (
            int comma = statement.IndexOf(", ", from > 0 ? from - 1 : 0, StringComparison.Ordinal);
            comma >= 0;
            comma = statement.IndexOf(", ", comma + 2, StringComparison.Ordinal)
        )
        {
            if (
                comma + 3 < statement.Length
                && char.IsLetter(statement[comma + 2])
                && char.IsLetter(statement[comma + 3])
                && !statement.AsSpan(comma + 2).StartsWith("and ", StringComparison.Ordinal)
                && !statement.AsSpan(comma + 2).StartsWith("or ", StringComparison.Ordinal)
                && !statement.AsSpan(comma + 2).StartsWith("that is", StringComparison.Ordinal)
                && (!isSentence || Aside().IsMatch(statement[(comma + 2)..]))
                && !Domain().IsMatch(statement[(comma + 2)..])
                && !statement.AsSpan(comma + 2, Math.Min(12, statement.Length - comma - 2)).Contains('=')
            )
            {
                end = comma;
                break;
            }
        }

        foreach (string reason in isSentence ? ReasonsOfSentences : Reasons)
        {
            int at = statement.IndexOf(reason, Math.Max(0, from - 1), StringComparison.OrdinalIgnoreCase);
            end = at > 0 && !(reason == " where " && Domain().IsMatch(statement[(at + 1)..])) ? Math.Min(end, at) : end;
        }

        int semicolon = statement.IndexOf("; ", Math.Max(0, from - 1), StringComparison.Ordinal);
        end =
            semicolon > 0
            && semicolon + 3 < statement.Length
            && char.IsLetter(statement[semicolon + 2])
            && char.IsLetter(statement[semicolon + 3])
                ? Math.Min(end, semicolon)
                : end;
        int dash = statement.IndexOf(" — ", from > 0 ? from - 1 : 0, StringComparison.Ordinal);
        return dash > 0 ? Math.Min(end, dash) : end;
    }

    /// <summary>
    /// Where a statement ends: at a full stop before a blank and outside formulas, at the end of a line that says something, or at the end.
    /// </summary>
    private static int SentenceEnd(string text)
    {
        int formulaEnd = 0;
        List<AnswerPart>? parts = null;
        bool any = false;
        for (int i = 0; i < text.Length; i++)
        {
            bool stop =
                (text[i] == '\n' && any && !(i > 0 && text[..i].TrimEnd().EndsWith(':')))
                || text[i] is '。' or '；'
                || (text[i] == '．' && i + 1 < text.Length)
                || (
                    text[i] is '.' or '!' or '?'
                    && i + 1 < text.Length
                    && (char.IsWhiteSpace(text[i + 1]) || text[i + 1] == '*' && i + 2 < text.Length)
                    && !IsFactorial(text, i)
                );
            any |= !char.IsWhiteSpace(text[i]) && text[i] is not ('*' or ':' or '_' or '>' or '#' or '.');
            if (stop && any && i >= formulaEnd)
            {
                parts ??= AnswerTextParts.Find(text);
                AnswerPart inside = parts.Find(part => part.IsFormula && part.Start < i && part.End > i);
                if (inside.Text is null)
                {
                    return i;
                }

                formulaEnd = inside.End;
            }
        }

        return text.Length;
    }

    /// <summary>Whether an exclamation mark belongs to the number before it: "10! ways", "6! = 720".</summary>
    private static bool IsFactorial(string text, int mark) =>
        text[mark] == '!'
        && mark > 0
        && (char.IsAsciiDigit(text[mark - 1]) || text[mark - 1] == ')')
        && mark + 2 < text.Length
        && text[mark + 1] == ' '
        && (char.IsAsciiLetterLower(text[mark + 2]) || "=+-*/×·".Contains(text[mark + 2]));

    /// <summary>The sentences and lines of a text.</summary>
    private static List<string> Sentences(string text)
    {
        List<string> sentences = [];
        string tail = text.Length > MaxRead ? text[^MaxRead..] : text;
        tail =
            text.Length > MaxRead && Boundary().Match(tail) is { Success: true } boundary
                ? tail[(boundary.Index + boundary.Length)..]
                : tail;
        while (tail.Length > 0)
        {
            int end = SentenceEnd(tail);
            string sentence = tail[..end].Trim();
            if (sentence.Length > 0)
            {
                sentences.Add(sentence.TrimEnd('.', '。'));
            }

            tail = end >= tail.Length ? "" : tail[(end + 1)..];
        }

        return sentences;
    }

    [GeneratedRegex(
        @"^([\s*_:：>""]|\\ |(therefore|thus|then|hence|simply|just|indeed|clearly|only|exactly|precisely|equal to|given by"
            + @"|as follows|the following|option|choice|the (number|value)|approximately|about|roughly)\b)*",
        RegexOptions.CultureInvariant | RegexOptions.NonBacktracking | RegexOptions.ExplicitCapture | RegexOptions.IgnoreCase
    )]
    private static partial Regex Fillers();

    [GeneratedRegex(
        @"^(not|nicht|pas|no es|não|non è|не|isn't|wrong|incorrect)\b",
        RegexOptions.CultureInvariant | RegexOptions.NonBacktracking | RegexOptions.ExplicitCapture | RegexOptions.IgnoreCase
    )]
    private static partial Regex Negated();

    [GeneratedRegex(
        @"\b(either|between|neither|unknown|somewhere|cannot|can't|unclear|at least|at most|less than|more than"
            + @"|greater than|maybe|perhaps|not sure)\b",
        RegexOptions.CultureInvariant | RegexOptions.NonBacktracking | RegexOptions.ExplicitCapture | RegexOptions.IgnoreCase
    )]
    private static partial Regex Hedged();

    [GeneratedRegex(
        @"^\W*(check|verif|proof|note\b|remark|remember|let me know|hope|feel free|please|i hope|this (took|used|uses"
            + @"|required|requires|is the same|follows)|see\b|for example|in other words|we (can|could|may) (check|verify|see)"
            + @"|you can|to (check|verify)|thank|good luck|explanation|probe|vérification|comprobación|проверка|验证|检验|\((this|see"
            + @"|we|note|i|that|which|here)|if you|as a check|double|where\b|given\b|recall|source|step \d)",
        RegexOptions.CultureInvariant | RegexOptions.NonBacktracking | RegexOptions.ExplicitCapture | RegexOptions.IgnoreCase
    )]
    private static partial Regex Remark();

    [GeneratedRegex(
        @"^\((\s*(or|=|≈|not|i\.e|about|approx|see|rounded|in|since|because|as|using|by|from)\b.*|\s*[=≈].*"
            + @"|[^()]*\p{L}{3,}[^()]*|\$?\s*-?[\d.,/]+\s*%?\$?)\)\s*$",
        RegexOptions.CultureInvariant | RegexOptions.NonBacktracking | RegexOptions.ExplicitCapture | RegexOptions.IgnoreCase
    )]
    private static partial Regex RemarkInBrackets();

    /// <summary>How an aside begins that adds nothing to the value before it.</summary>
    [GeneratedRegex(
        @"^(not|working|assuming|including|excluding|counting|considering|ignoring|neglecting|starting|attained|achieved|reached|which"
            + @"|as|where|since|because|with|from|using|rounded|approximately|about|i\.e|namely|so that|given|after"
            + @"|obtained|when|if)\b",
        RegexOptions.CultureInvariant | RegexOptions.NonBacktracking | RegexOptions.ExplicitCapture
    )]
    private static partial Regex Aside();

    [GeneratedRegex(@"[.!?]\s|\n", RegexOptions.CultureInvariant | RegexOptions.NonBacktracking)]
    private static partial Regex Boundary();

    [GeneratedRegex(
        @"\*\*(?<content>[^*\n]{1,80})\*\*",
        RegexOptions.CultureInvariant | RegexOptions.NonBacktracking | RegexOptions.ExplicitCapture
    )]
    private static partial Regex Bold();

    [GeneratedRegex(
        @"\b(steps?|equations?|cases?|examples?|problem|question|part|figure|table|line|page|not|\w+n't|eq\.)\s+[($*\\]*$",
        RegexOptions.CultureInvariant | RegexOptions.NonBacktracking | RegexOptions.ExplicitCapture | RegexOptions.IgnoreCase
    )]
    private static partial Regex Named();

    [GeneratedRegex(
        @"\b(?<part>\d+)\s+(in|out of)\s+(?<all>\d+)\b",
        RegexOptions.CultureInvariant | RegexOptions.NonBacktracking | RegexOptions.ExplicitCapture
    )]
    private static partial Regex Proportion();

    [GeneratedRegex(@"\b(minus|negative) $", RegexOptions.CultureInvariant | RegexOptions.NonBacktracking | RegexOptions.ExplicitCapture)]
    private static partial Regex SaidMinus();

    [GeneratedRegex(
        @"\bratio\b[^\d]* (is|=|of|:) (?<first>\d+) to (?<second>\d+)\b",
        RegexOptions.CultureInvariant | RegexOptions.NonBacktracking | RegexOptions.ExplicitCapture
    )]
    private static partial Regex RatioOf();

    [GeneratedRegex(
        @"^(where |for |with |any |all |some )*\$?\\?\(?[a-zA-Z]\\?\)?\$? ?(\\in|∈|is an|is any|are|an integer|in Z)"
            + @"|^(where|for) (any |all )?integers?|^\$?[a-z]\s*\\in",
        RegexOptions.CultureInvariant | RegexOptions.NonBacktracking | RegexOptions.ExplicitCapture
    )]
    private static partial Regex Domain();
}
