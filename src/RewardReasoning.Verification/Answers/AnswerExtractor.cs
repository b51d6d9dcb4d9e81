using System.Text.RegularExpressions;
using System.Text;

namespace RewardReasoning.Verification.Answers;

/// <summary>
/// Finds the answer in what a model wrote, or in a data set's solution: the last box; else what follows "the answer is"; else, where
/// the text is more than an answer, its last formula or number; else the whole text. The thought before <c>&lt;/think&gt;</c> is left out,
/// and a thought that was cut off holds no answer. Reads the last 32,000 characters, in linear time.
/// </summary>
internal static partial class AnswerExtractor
{
    /// <summary>Characters that are read, from the end.</summary>
    public const int MaxCharacters = 32_000;

    private const int MaxWholeAnswer = 400;
    private const int MinWordsAfterNumber = 6;
    private static readonly string[] Reasons = [" because ", " since ", " as ", " when ", " if ", " where ", " which "];
    private static readonly string[] EndMarks = ["<|im_start|>", "<|im_end|>", "<|endoftext|>", "<|eot_id|>", "<|end|>", "</s>"];

    /// <summary>The answer that a text gives, which a model wrote.</summary>
    public static StatedAnswer Find(string text) => Find(text, guess: true);

    /// <summary>
    /// The gold answer that a text gives. A short answer in words stays whole: of "maximum at x = 2, minimum at x = 4" the last number
    /// alone
    /// would be another answer.
    /// </summary>
    public static StatedAnswer FindGold(string text) => Find(text, guess: false);

    private static StatedAnswer Find(string text, bool guess)
    {
        ArgumentNullException.ThrowIfNull(text);
        if (Visible(text) is not { Length: > 0 } visible)
        {
            return StatedAnswer.None;
        }

        MatchCollection cues = Cues().Matches(visible);
        if (BoxedAnswers.Find(visible) is { } boxed)
        {
            return FinalAnswerAfter(boxed.End, visible, cues) is { } final ? new StatedAnswer(AnswerSource.Stated, [final]) : boxed.Answer;
        }

        for (int i = cues.Count - 1; i >= 0; i--)
        {
            if (Statement(visible[(cues[i].Index + cues[i].Length)..]) is { } stated)
            {
                return new StatedAnswer(AnswerSource.Stated, [stated]);
            }
        }

        List<AnswerPart> parts = AnswerTextParts.Find(visible);
        return guess && IsProse(visible, parts) && LastValue(visible, parts) is { } last ? new StatedAnswer(AnswerSource.Last, [last])
            : visible.Length <= MaxWholeAnswer * 10 ? new StatedAnswer(AnswerSource.Whole, [visible])
            : StatedAnswer.None;
    }

    /// <summary>The choice letter that a text names, as the answer to a multiple-choice question; null where it names none.</summary>
    public static char? FindChoice(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        return ChoiceLetters.Find(Visible(text));
    }

    /// <summary>
    /// Whether a text says more than its answer. "5 apples and 3 oranges" does not: what opens with a number and goes on briefly is the
    /// answer.
    /// </summary>
    private static bool IsProse(string text, List<AnswerPart> parts)
    {
        if (parts.Count == 0)
        {
            return false;
        }

        int words = AnswerTextParts.CountWords(text, parts);
        bool opensWithNumber = !parts[0].IsFormula && text.AsSpan(0, parts[0].Start).IndexOfAnyExcept(" $") < 0 && !text.Contains('=');
        return words
            >= (
                opensWithNumber ? MinWordsAfterNumber
                : parts.Exists(part => part.IsFormula) ? 1
                : 2
            );
    }

    /// <summary>A value that is called the final answer after the last box: boxes before it hold steps.</summary>
    private static string? FinalAnswerAfter(int box, string text, MatchCollection cues)
    {
        Match? last = cues.LastOrDefault(cue =>
            cue.Index >= box && text.LastIndexOf("inal", cue.Index + cue.Length - 1, StringComparison.OrdinalIgnoreCase) >= cue.Index - 6
        );
        return last is not null && Statement(text[(last.Index + last.Length)..]) is { } stated && AnswerTextParts.Find(stated).Count > 0
            ? stated
            : null;
    }

    /// <summary>What counts of a text: after the thought, before whatever the model went on with, JSON escapes undone.</summary>
    private static string Visible(string text)
    {
        int thought = text.LastIndexOf("</think>", StringComparison.Ordinal);
        if (thought >= 0)
        {
            text = text[(thought + "</think>".Length)..];
        }
        else if (text.Contains("<think>", StringComparison.Ordinal))
        {
            return "";
        }

        foreach (string mark in EndMarks)
        {
            int end = text.IndexOf(mark, StringComparison.Ordinal);
            text = end > 0 ? text[..end] : text;
        }

        // Some models go on with a question of their own making.
        Match next = NextQuestion().Match(text);
        text = next.Success && next.Index > 0 && text.AsSpan(0, next.Index).ContainsAnyExcept(" \n\r\t") ? text[..next.Index] : text;
        text = text.Length > MaxCharacters ? text[^MaxCharacters..] : text;
        return Unescape(text).Trim();
    }

    /// <summary>Halves doubled backslashes where all commands have them: the text was escaped once too often.</summary>
    private static string Unescape(string text)
    {
        if (!text.Contains("\\\\", StringComparison.Ordinal))
        {
            return text;
        }

        bool anyDoubled = false;
        for (int i = 0; i < text.Length; i++)
        {
            int run = 0;
            while (i < text.Length && text[i] == '\\')
            {
                run++;
                i++;
            }

            if (run == 0 || i == text.Length)
            {
                continue;
            }

            if (run % 2 == 1 && char.IsAsciiLetter(text[i]) && text[i] is not 'n' and not 't')
            {
                return text;
            }

            anyDoubled |= run == 2 && i + 1 < text.Length && char.IsAsciiLetter(text[i]) && char.IsAsciiLetter(text[i + 1]);
        }

        return anyDoubled ? new StringBuilder(text).Replace("\\\\", "\\").Replace("\\n\\n", "\n\n").ToString() : text;
    }

    /// <summary>The answer in the sentence after "the answer is": the sentence itself, or the value that it ends on.</summary>
    private static string? Statement(string after)
    {
        string rest = after.TrimStart(' ', '\n', '\r', '\t', '*', ':', '"', '\'', '\\');
        rest =
            after.Length > rest.Length
            && after[after.Length - rest.Length - 1] == '\\'
            && rest.Length > 0
            && (rest[0] is '(' or '[' || char.IsAsciiLetter(rest[0]))
                ? "\\" + rest
                : rest;
        string statement = rest[..SentenceEnd(rest)].Trim(' ', '*', '"', '\n', '\\').TrimEnd('.', ',');
        if (statement.Length == 0)
        {
            return null;
        }

        List<AnswerPart> parts = AnswerTextParts.Find(statement);
        if (parts.Count > 0 && parts[0] is { Start: 0, IsFormula: true } && LeadingFormulas(statement, parts) is { } leading)
        {
            return leading;
        }

        if (parts.Count > 0 && parts[0].Start <= 1 && !parts[0].IsFormula)
        {
            string clause = statement[..ClauseEnd(statement)];
            if (AnswerTextParts.CountWords(clause, AnswerTextParts.Find(clause)) < MinWordsAfterNumber && !clause.Contains('='))
            {
                return clause;
            }
        }

        return parts.Count > 0 && AnswerTextParts.CountWords(statement, parts) >= 2 ? LastValue(statement, parts)
            : statement.Length <= MaxWholeAnswer ? statement
            : null;
    }

    /// <summary>
    /// The formulas that a statement opens with, joined by and, or, commas; null where other text follows that belongs to the answer.
    /// </summary>
    private static string? LeadingFormulas(string statement, List<AnswerPart> parts)
    {
        int end = parts[0].End;
        foreach (AnswerPart part in parts.Skip(1))
        {
            if (!IsJoint(statement[end..part.Start]))
            {
                break;
            }

            end = part.End;
        }

        string rest = statement[end..].Trim();
        return rest.Length == 0 || AnswerTextParts.CountWords(rest, []) >= 1 ? statement[..end] + PercentAt(rest) : null;
    }

    /// <summary>Where the reasons begin: "5, since …", "5 because …".</summary>
    private static int ClauseEnd(string statement)
    {
        int end = statement.Length;
        for (
            int comma = statement.IndexOf(", ", StringComparison.Ordinal);
            comma >= 0;
            comma = statement.IndexOf(", ", comma + 2, StringComparison.Ordinal)
        )
        {
            if (
                comma + 2 < statement.Length
                && char.IsLetter(statement[comma + 2])
                && !statement.AsSpan(comma + 2).StartsWith("and ", StringComparison.Ordinal)
            )
            {
                end = comma;
                break;
            }
        }

        foreach (string reason in Reasons)
        {
            int at = statement.IndexOf(reason, StringComparison.OrdinalIgnoreCase);
            end = at > 0 ? Math.Min(end, at) : end;
        }

        return end;
    }

    private static string PercentAt(string rest) =>
        rest.StartsWith("percent", StringComparison.OrdinalIgnoreCase) || rest.StartsWith('%') ? " percent" : "";

    /// <summary>Where a sentence ends: at a full stop before a blank and outside formulas, at a blank line, or at the end.</summary>
    private static int SentenceEnd(string text)
    {
        int formulaEnd = 0;
        List<AnswerPart>? parts = null;
        for (int i = 0; i < text.Length; i++)
        {
            if (text[i] == '\n' && i + 1 < text.Length && text[i + 1] == '\n')
            {
                return i;
            }

            if (text[i] == '.' && i + 1 < text.Length && char.IsWhiteSpace(text[i + 1]) && i >= formulaEnd)
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

    private static string? LastValue(string text, List<AnswerPart> parts)
    {
        if (parts.Count == 0)
        {
            return null;
        }

        // "220 $ to pay within 12 months": a price outranks the numbers around it.
        List<AnswerPart> prices = [.. parts.Where(part => !part.IsFormula && IsPrice(text, part))];
        if (prices.Count == 1 && !parts.Exists(part => part.IsFormula) && parts.Count <= 3)
        {
            return prices[0].Text;
        }

        int first = parts.Count - 1;
        while (first > 0 && IsJoint(text[parts[first - 1].End..parts[first].Start]) && parts[first].IsFormula && parts[first - 1].IsFormula)
        {
            first--;
        }

        string tail = text[parts[^1].End..].TrimStart();
        return text[parts[first].Start..parts[^1].End] + PercentAt(tail);
    }

    private static bool IsPrice(string text, AnswerPart part) =>
        (part.Start > 0 && text[part.Start - 1] is '$' or '€' or '£') || text[part.End..].TrimStart(' ') is ['$' or '€' or '£', ..];

    private static bool IsJoint(string between) =>
        between.Trim().TrimStart(',', ';').Trim() is "" or "and" or "or" && between.Trim().Length > 0;

    [GeneratedRegex(
        @"(\banswers?\b([ ][\w']+){0,6}?\**\s*(:|：|\bis\b|\bare\b|=|\bwould be\b)|réponse\s*(:|est)|respuesta\s*(:|es)|antwort\s*(:|ist|lautet)|答案(是|为|：|:)|####)",
        RegexOptions.IgnoreCase | RegexOptions.CultureInvariant | RegexOptions.NonBacktracking | RegexOptions.ExplicitCapture
    )]
    private static partial Regex Cues();

    [GeneratedRegex(
        @"\n\s*(Question|Q|Problem|Instruction|User|Human)\s*\d*\s*:",
        RegexOptions.CultureInvariant | RegexOptions.NonBacktracking | RegexOptions.ExplicitCapture
    )]
    private static partial Regex NextQuestion();
}
