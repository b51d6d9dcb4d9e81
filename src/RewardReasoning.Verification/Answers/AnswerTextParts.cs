using System.Text.RegularExpressions;

namespace RewardReasoning.Verification.Answers;

/// <summary>A formula or number inside a text.</summary>
internal readonly record struct AnswerPart(int Start, int End, string Text, bool IsFormula);

/// <summary>Finds the formulas and numbers of a text, and the words outside them.</summary>
internal static partial class AnswerTextParts
{
    private const int MaxFormula = 2_000;

    // Scripts from here on do not put blanks between words.
    private const char FirstIdeograph = '\u2E80';

    /// <summary>All formulas, and the numbers outside formulas, in order.</summary>
    public static List<AnswerPart> Find(string text)
    {
        List<AnswerPart> parts = [];
        int at = 0;
        while (at < text.Length)
        {
            int next = text.AsSpan(at).IndexOfAny('$', '\\');
            next = next < 0 ? text.Length : at + next;
            AddNumbers(text, at, next, parts);
            if (next == text.Length)
            {
                break;
            }

            if (Formula(text, next) is { } formula)
            {
                parts.Add(formula);
                at = formula.End;
            }
            else
            {
                at = next + (text[next] == '\\' ? 2 : 1);
                AddNumbers(text, next + 1, Math.Min(at, text.Length), parts);
            }
        }

        return parts;
    }

    /// <summary>The words outside formulas that are no joining words, units or names of functions.</summary>
    public static int CountWords(string text, IReadOnlyList<AnswerPart> parts)
    {
        int words = 0;
        int part = 0;
        string outside = text.Contains('\\') ? Commands().Replace(text, match => new string(' ', match.Length)) : text;
        foreach (ValueMatch match in Words().EnumerateMatches(outside))
        {
            while (part < parts.Count && parts[part].End <= match.Index)
            {
                part++;
            }

            if (part < parts.Count && parts[part].Start <= match.Index)
            {
                continue;
            }

            string word = text.Substring(match.Index, match.Length);
            words +=
                word is "and" or "or"
                || Parsing.Units.IsUnitWord(word)
                || Parsing.MathFunctions.Known.Contains(word)
                || word is "pi" or "sqrt"
                    ? 0
                : word[0] > FirstIdeograph ? 2
                : 1;
        }

        return words;
    }

    private static AnswerPart? Formula(string text, int start)
    {
        (string open, string close) =
            text[start] == '$'
                ? string.CompareOrdinal(text, start, "$$", 0, 2) == 0
                    ? ("$$", "$$")
                    : ("$", "$")
                : start + 1 < text.Length
                    ? text[start + 1] switch
                    {
                        '(' => ("\\(", "\\)"),
                        '[' => ("\\[", "\\]"),
                        _ => ("", ""),
                    }
                    : ("", "");
        if (open.Length == 0)
        {
            return null;
        }

        int from = start + open.Length;
        int end = text.IndexOf(close, from, Math.Min(MaxFormula, text.Length - from), StringComparison.Ordinal);
        while (close == "$" && end > 0 && text[end - 1] == '\\')
        {
            end = text.IndexOf(close, end + 1, StringComparison.Ordinal);
        }

        if (end < 0)
        {
            return null;
        }

        string content = text[from..end];
        return open == "$" && !IsFormula(content) ? null : new AnswerPart(start, end + close.Length, content.Trim(), true);
    }

    /// <summary>Whether what stands between two dollar signs is a formula, and not the text between two prices.</summary>
    private static bool IsFormula(string content)
    {
        string trimmed = content.Trim();
        return trimmed.Length > 0
            && !content.Contains("\n\n", StringComparison.Ordinal)
            && trimmed[^1] is not ('+' or '-' or '=' or '*' or '(' or '?')
            && trimmed[0] is not ('?' or '.' or ',')
            && PlainWords().Count(Commands().Replace(trimmed, " ")) < 2;
    }

    private static void AddNumbers(string text, int from, int to, List<AnswerPart> parts)
    {
        foreach (ValueMatch match in Numbers().EnumerateMatches(text.AsSpan(from, to - from)))
        {
            int start = from + match.Index;
            int end = start + match.Length;
            bool sign = text[start] is '-' or '−';
            if (sign && start > 0 && (char.IsLetterOrDigit(text[start - 1]) || text[start - 1] is ')' or ']'))
            {
                start++;
            }
            else if (!sign && start > 0 && (char.IsAsciiLetter(text[start - 1]) || text[start - 1] is '_' or '^'))
            {
                continue;
            }

            while (text[end - 1] is ',' or '.')
            {
                end--;
            }

            parts.Add(new AnswerPart(start, end, text[start..end], false));
        }
    }

    [GeneratedRegex(@"\p{L}{2,}", RegexOptions.CultureInvariant | RegexOptions.NonBacktracking)]
    private static partial Regex Words();

    [GeneratedRegex(@"[A-Za-z]{3,}", RegexOptions.CultureInvariant | RegexOptions.NonBacktracking)]
    private static partial Regex PlainWords();

    /// <summary>Commands, with the words in the braces of those that take words.</summary>
    [GeneratedRegex(
        @"\\(text|mbox|mathrm|mathbf|textbf|textit|textrm|operatorname|begin|end)\s*\{[^{}]*\}|\\[A-Za-z]+",
        RegexOptions.CultureInvariant | RegexOptions.NonBacktracking
    )]
    private static partial Regex Commands();

    [GeneratedRegex(
        @"[-−]?(\d[\d,]*(\.\d+)?|\.\d+)(\s?/\s?\d+(\.\d+)?)?(\s?(%|percent\b|pct\b))?",
        RegexOptions.CultureInvariant | RegexOptions.NonBacktracking
    )]
    private static partial Regex Numbers();
}
