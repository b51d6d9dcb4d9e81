using System.Text.RegularExpressions;

namespace RewardReasoning.Verification.Answers;

/// <summary>
/// Finds the letter that a multiple-choice answer names. The article "a" and the pronoun "I" are not letters of options, and neither is one
/// that is called wrong.
/// </summary>
internal static partial class ChoiceLetters
{
    /// <summary>The letter in capitals; null where none is named.</summary>
    /// <param name="text">The visible text.</param>
    /// <param name="onlyOne">Whether "(C) or (D)" names none; else it names the first.</param>
    public static char? Find(string text, bool onlyOne)
    {
        if (BoxedAnswers.Find(text) is { Answer.Parts: var boxed })
        {
            if (boxed is not [var box] || (onlyOne && Several().IsMatch(box)))
            {
                return null;
            }

            if (Leading(box) is { } inBox)
            {
                return inBox;
            }
        }

        string plain = text.Replace("**", "", StringComparison.Ordinal).Replace("`", "", StringComparison.Ordinal).Trim();
        if (onlyOne && Several().IsMatch(plain))
        {
            return null;
        }

        // What follows "the answer is" counts as said, unless the letter is to be sure.
        return (
                onlyOne ? Last(Stated(), plain, onlyOne)
                : Stated().Matches(plain) is { Count: > 0 } stated ? Letter(stated[^1])
                : OpenedStatement().Matches(plain) is { Count: > 0 } opened ? Letter(opened[^1])
                : null
            )
            ?? Opening(plain)
            ?? Last(Asian(), plain, onlyOne)
            ?? Last(Sentence(), plain, onlyOne)
            ?? Last(Called(), plain, onlyOne)
            ?? Last(Chosen(), plain, onlyOne)
            ?? Last(Bracketed(), plain, onlyOne)
            ?? Last(Standing(), plain, onlyOne);
    }

    /// <summary>Whether a whole text is one capital letter that choices go by.</summary>
    public static bool IsChoice(string text) => text.Length == 1 && text[0] is >= 'A' and <= 'J';

    /// <summary>A letter that opens a text and is all of it, or is followed by the option's own text: "C", "(C)", "C. x = 42".</summary>
    public static char? Leading(string text) => LeadingLetter().Match(text) is { Success: true } match ? Letter(match) : null;

    /// <summary>The same, or a letter that is followed by its reasons.</summary>
    private static char? Opening(string text) =>
        Leading(text) ?? (Reasoned().Match(text) is { Success: true } match ? Letter(match) : null);

    private static char? Last(Regex pattern, string text, bool onlyOne)
    {
        MatchCollection matches = pattern.Matches(text);
        for (int i = matches.Count - 1; i >= 0; i--)
        {
            Match match = matches[i];
            int letter = match.Groups["letter"].Index;
            if (
                !IsRuledOut(text, match.Index == letter ? letter : Math.Max(match.Index, letter - 12), letter)
                && !(onlyOne && IsOneOfSeveral(text, letter))
            )
            {
                return Letter(match);
            }
        }

        return null;
    }

    /// <summary>
    /// Whether "not", "rule out" or the like comes before a letter, after what announces it or else in its sentence, or "is wrong" behind
    /// it.
    /// </summary>
    private static bool IsRuledOut(string text, int cue, int letter)
    {
        int from = letter - cue > 4 ? cue : Math.Max(0, letter - 40);
        int stop = text.LastIndexOfAny(['.', '\n', ';', ','], Math.Max(0, letter - 1), Math.Max(0, letter - from));
        from = stop < 0 ? from : stop + 1;
        ReadOnlySpan<char> after = text.AsSpan(letter, Math.Min(40, text.Length - letter));
        return RuledOut().IsMatch(text.AsSpan(from..letter)) || IsWrong().IsMatch(after);
    }

    /// <summary>(B) and (C), A or B.</summary>
    private static bool IsOneOfSeveral(string text, int letter) =>
        AnotherAfter().IsMatch(text.AsSpan(letter, Math.Min(16, text.Length - letter)))
        || AnotherBefore().IsMatch(text.AsSpan(Math.Max(0, letter - 16)..letter));

    private static char Letter(Match match) => char.ToUpperInvariant(match.Groups["letter"].ValueSpan[0]);

    [GeneratedRegex(
        @"^[\s$\\({\[]*((text|textbf|mathrm|mathbf|textrm)\s*\{)?[\s('""]*(?<letter>[A-Za-z])[\s)}\]$.。'""]*$"
            + @"|^\s*\(?(?<letter>[A-Z])(\)|\.|:)\s|^(?<letter>[A-Z])\s[A-Z][a-z]+$|^\\?(text|textbf|mathrm"
            + @"|mathbf)\s*\{\s*\(?(?<letter>[A-J])\)?[.:]?\s*\}[\s.)$]*$|^\\?(text|textbf|mathrm"
            + @"|mathbf)\s*\{\s*\(?(?<letter>[A-J])\)?[.:]?\s*\}(\s|\\ )",
        RegexOptions.CultureInvariant | RegexOptions.NonBacktracking | RegexOptions.ExplicitCapture
    )]
    private static partial Regex LeadingLetter();

    /// <summary>C, because …; C - reason; C and a line of reasons below it.</summary>
    [GeneratedRegex(
        @"^\s*\(?(?<letter>[A-J])\)?\s*(,\s+(because|since|as|for|due)\b|\s(because|since)\b|[.:]?\s*\n|\s+[-–—]\s)",
        RegexOptions.CultureInvariant | RegexOptions.NonBacktracking | RegexOptions.ExplicitCapture
    )]
    private static partial Regex Reasoned();

    // A small letter counts in brackets or at the end; "a" before a word is an article, and so is "I" before one a pronoun.
    [GeneratedRegex(
        @"([Aa]nswers?|ANSWER|[Oo]ption|[Cc]hoice|antwort|Antwort|respuesta|Respuesta|resposta|Resposta|réponse|Réponse"
            + @"|risposta|Risposta|ответ|Ответ)( correcta| correcte| correta| corretta)?\s*[*_]*(is|:|：|=|would be|must be"
            + @"|should be|ist|es|est|é|è|lautet)\s*[:*_]*\s*(for sure |definitely |clearly |therefore |thus |indeed |option "
            + @"|choice |letter |Option )?[$\\({\[""']*((text|textbf|mathrm|boxed)\s*\{)?(\((?<letter>[A-Ja-j])\)"
            + @"|\(?(?<letter>[B-HJ])([^A-Za-z'\u2019]|$)|\(?(?<letter>A)([^A-Za-z'\u2019\s]|$|\s+(because|since|as|,|\()|\s*\n)"
            + @"|\(?(?<letter>I)([.,)\]}$*\n]|$)|(?<letter>[a-j])[\s.)*]*(\n|$))",
        RegexOptions.CultureInvariant | RegexOptions.NonBacktracking | RegexOptions.ExplicitCapture
    )]
    private static partial Regex Stated();

    [GeneratedRegex(
        @"answer is \((?<letter>[A-J])",
        RegexOptions.CultureInvariant | RegexOptions.NonBacktracking | RegexOptions.ExplicitCapture
    )]
    private static partial Regex OpenedStatement();

    [GeneratedRegex(
        @"(答案|选项|选|選|选择|正确)\s*(是|为|為|：|:|应为|应该是)?\s*[：:]?\s*[(（]?(?<letter>[A-J])",
        RegexOptions.CultureInvariant | RegexOptions.NonBacktracking | RegexOptions.ExplicitCapture
    )]
    private static partial Regex Asian();

    [GeneratedRegex(
        @"([Aa]nswer|[Oo]ption|[Cc]hoice|[Cc]orrect|richtige Antwort|correcta|bonne réponse"
            + @"|ответ)[^.\n]{0,60}?\s\(?(?<letter>[B-HJ]|A[).,]|I[).,])(\W|$)",
        RegexOptions.CultureInvariant | RegexOptions.NonBacktracking | RegexOptions.ExplicitCapture
    )]
    private static partial Regex Sentence();

    /// <summary>Option B is correct; (B) is the answer.</summary>
    [GeneratedRegex(
        @"\(?(?<letter>[A-J])\)?\s+(is|must be|seems)\s+(the\s+)?(clearly\s+)?(correct|right|best|true|answer)",
        RegexOptions.CultureInvariant | RegexOptions.NonBacktracking | RegexOptions.ExplicitCapture
    )]
    private static partial Regex Called();

    [GeneratedRegex(
        @"\b(is|be|choose|pick|select|it's)\s+(option\s+|letter\s+)?\(?(?<letter>[A-J])([^A-Za-z'\u2019\s]|$)",
        RegexOptions.CultureInvariant | RegexOptions.NonBacktracking | RegexOptions.ExplicitCapture
    )]
    private static partial Regex Chosen();

    [GeneratedRegex(@"\((?<letter>[A-J])\)", RegexOptions.CultureInvariant | RegexOptions.NonBacktracking | RegexOptions.ExplicitCapture)]
    private static partial Regex Bracketed();

    [GeneratedRegex(
        @"(^|\s)(?<letter>[B-HJ])([.)\s]|$)",
        RegexOptions.CultureInvariant | RegexOptions.NonBacktracking | RegexOptions.ExplicitCapture
    )]
    private static partial Regex Standing();

    [GeneratedRegex(
        @"\b(not|n't|isn't|cannot|neither|nor|rule[sd]? out|eliminat\w+|exclud\w+|reject\w*|except|rather than|instead of"
            + @"|unlike|wrong|incorrect)\b",
        RegexOptions.CultureInvariant | RegexOptions.NonBacktracking | RegexOptions.ExplicitCapture | RegexOptions.IgnoreCase
    )]
    private static partial Regex RuledOut();

    [GeneratedRegex(
        @"^[A-J]\)?\s+(is|are|was|looks|seems|can be|contradicts|fails|ignores)\s*(clearly |also |therefore )?(not|wrong"
            + @"|incorrect|false|ruled|eliminated|excluded|too|impossible|the premise)",
        RegexOptions.CultureInvariant | RegexOptions.NonBacktracking | RegexOptions.ExplicitCapture
    )]
    private static partial Regex IsWrong();

    [GeneratedRegex(
        @"^[A-J]\)?\s*(,|and|or|&)\s*(and |or )?\(?[A-J](\W|$)",
        RegexOptions.CultureInvariant | RegexOptions.NonBacktracking | RegexOptions.ExplicitCapture
    )]
    private static partial Regex AnotherAfter();

    [GeneratedRegex(
        @"(^|\W)[A-J]\)?\s*(,|and|or|&)\s*(and |or )?\(?$",
        RegexOptions.CultureInvariant | RegexOptions.NonBacktracking | RegexOptions.ExplicitCapture
    )]
    private static partial Regex AnotherBefore();

    /// <summary>A text that is nothing but several letters.</summary>
    [GeneratedRegex(
        @"^[ (]*[A-J][) ]*([,&]|and|or| )[ ]*((and|or) +)?\(?[A-J]([^\w']|$)",
        RegexOptions.CultureInvariant | RegexOptions.NonBacktracking | RegexOptions.ExplicitCapture
    )]
    private static partial Regex Several();
}
