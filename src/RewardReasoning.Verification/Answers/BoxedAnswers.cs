using System.Collections.Frozen;

namespace RewardReasoning.Verification.Answers;

/// <summary>The content of <c>\boxed{…}</c> or <c>\fbox{…}</c>.</summary>
internal static class BoxedAnswers
{
    private const int MaxGap = 60;

    private static readonly string[] Commands = ["\\boxed", "\\fbox"];

    /// <summary>Words between two boxes that make them one answer. Any other word makes the second box an answer of its own.</summary>
    private static readonly FrozenSet<string> Joining = FrozenSet.ToFrozenSet([
        "and",
        "or",
        "text",
        "quad",
        "qquad",
        "for",
        "part",
        "papers",
        "mbox",
        "respectively",
        "a",
        "b",
        "c",
        "the",
        "other",
    ]);

    /// <summary>The last box and those right before it that are joined to it by "and", "or" or a comma; null without a box.</summary>
    public static (StatedAnswer Answer, int End)? Find(string text)
    {
        List<(int Start, int End, string Content)> boxes = [];
        for (int from = text.Length; from > 0; )
        {
            int start = Commands.Max(command => text.LastIndexOf(command, from - 1, from, StringComparison.Ordinal));
            if (start < 0)
            {
                break;
            }

            if (Content(text, start) is { } empty && empty.Text.AsSpan().Trim(" ~.\\,;…").Length == 0)
            {
                // An empty box is part of a sentence about boxes.
                from = start;
                continue;
            }

            if (
                Content(text, start) is { } box
                && (boxes.Count == 0 || (box.End <= boxes[^1].Start && IsJoin(text[box.End..boxes[^1].Start])))
            )
            {
                boxes.Add((start, box.End, box.Text + PercentAfter(text, box.End)));
            }
            else if (boxes.Count > 0)
            {
                break;
            }

            from = start;
        }

        boxes.Reverse();
        return boxes.Count == 0
            ? null
            : (new StatedAnswer(AnswerSource.Boxed, [.. boxes.Select(box => box.Content).Distinct(StringComparer.Ordinal)]), boxes[^1].End);
    }

    private static (int End, string Text)? Content(string text, int command)
    {
        int open = text.AsSpan(command).IndexOfAny('{', ' ') is var offset && offset >= 0 ? command + offset : -1;
        if (open < 0)
        {
            return null;
        }

        if (text[open] == ' ')
        {
            // \boxed 5: everything up to the end of the formula.
            int end = text.AsSpan(open).IndexOfAny("$\n") is var length && length >= 0 ? open + length : text.Length;
            return text[open..end].Trim() is { Length: > 0 } word
                ? word[0] == '{'
                    ? Content(text.Remove(open, 1), command)
                    : (end, word)
                : null;
        }

        int depth = 0;
        for (int i = open; i < text.Length; i++)
        {
            if (text[i] == '\\')
            {
                i++;
            }
            else
            {
                depth += text[i] switch
                {
                    '{' => 1,
                    '}' => -1,
                    _ => 0,
                };
                if (depth == 0)
                {
                    return (i + 1, text[(open + 1)..i]);
                }
            }
        }

        // A box that is never closed was cut off, unless all that is missing is the brace.
        string rest = text[(open + 1)..].TrimEnd('$', ' ', '.', '\n');
        return rest.Length is > 0 and <= 100 && !rest.Contains('\n') ? (text.Length, Balanced(rest)) : null;
    }

    private static string Balanced(string text) =>
        text + new string('}', Math.Max(0, text.Count(c => c == '{') - text.Count(c => c == '}')));

    private static string PercentAfter(string text, int end)
    {
        string after = text.Substring(end, Math.Min(24, text.Length - end)).TrimStart('}', '$', ' ', '\\', ')', ']');
        return
            after.StartsWith('%')
            || after.StartsWith("percent", StringComparison.OrdinalIgnoreCase)
            || after.StartsWith("pct", StringComparison.OrdinalIgnoreCase)
            ? "\\%"
            : "";
    }

    private static bool IsJoin(string gap)
    {
        // "=" makes a chain of equations, whose last box counts; after a separator it names the next answer.
        if (
            gap.TrimStart(' ', '$', '}').StartsWith('=')
            || gap.Length > MaxGap
            || gap.Contains("\n\n", StringComparison.Ordinal)
            || gap.Contains(". ", StringComparison.Ordinal)
        )
        {
            return false;
        }

        bool hasSeparator = gap.AsSpan().IndexOfAny(",;&+") >= 0 || !gap.Any(char.IsLetter);
        int start = -1;
        for (int i = 0; i <= gap.Length; i++)
        {
            if (i < gap.Length && char.IsLetter(gap[i]))
            {
                start = start < 0 ? i : start;
            }
            else if (start >= 0)
            {
                string word = gap[start..i].ToLowerInvariant();
                start = -1;
                if (word.Length > 1 && !Joining.Contains(word))
                {
                    return false;
                }

                hasSeparator |= word is "and" or "or";
            }
        }

        return hasSeparator;
    }
}
