using System.Text.RegularExpressions;

namespace RewardReasoning.Judging;

/// <summary>
/// Reads verdicts, numbered as the judge was shown the responses. Never throws on what a model wrote: whatever is no verdict is
/// <see cref="Verdict.Unparsable"/>.
/// </summary>
public static partial class VerdictParser
{
    /// <summary>
    /// Reads raw completion text: of the text after the last <c>&lt;/think&gt;</c> the last box decides. A thought that was opened, by the
    /// prompt or by the text, and not closed gives no verdict.
    /// </summary>
    public static Verdict Parse(string completion, bool promptOpensReasoning = false)
    {
        (_, string answer, bool? closed) = ReasoningText.Split(completion, promptOpensReasoning);
        return closed == false ? Verdict.Unparsable : ParseAnswer(answer);
    }

    /// <summary>Reads a completion that is already taken apart.</summary>
    public static Verdict Parse(Completion completion)
    {
        ArgumentNullException.ThrowIfNull(completion);
        return completion switch
        {
            { Withheld: true } or { OddEnd: not null } => Verdict.Unparsable,
            { Forced: true } => ParseForced(completion.Answer),
            { ReasoningClosed: false } => Verdict.Unparsable,
            _ => ParseAnswer(completion.Answer),
        };
    }

    /// <summary>
    /// Reads text that is all answer. The last <c>\boxed{…}</c> or <c>\fbox{…}</c> decides; text commands, bold, blanks and case inside it
    /// are forgiven, another content or a missing brace is not.
    /// </summary>
    public static Verdict ParseAnswer(string answer)
    {
        ArgumentNullException.ThrowIfNull(answer);
        Match? last = BoxOpening().Matches(answer).LastOrDefault();
        return last is not null && ContentOf(answer, last.Index + last.Length) is { } content
            ? NumberOf(Decoration().Replace(content, ""), "assistant1", "assistant2", StringComparison.OrdinalIgnoreCase)
            : Verdict.Unparsable;
    }

    /// <summary>Reads an answer whose beginning was written for the judge, so that it may stop before the closing brace.</summary>
    public static Verdict ParseForced(string answer) =>
        ParseAnswer(answer) is not Verdict.Unparsable and var verdict ? verdict : ParseAnswer(answer + "}");

    /// <summary>
    /// Reads as the released models' own tools do: the text between the first <c>&lt;/think&gt;</c> and the next, if any; in it the last
    /// <c>\boxed{}</c>, or without one the last <c>\fbox{}</c>; its content letter by letter. The opening tag is taken to be in the prompt.
    /// </summary>
    public static Verdict ParseStrict(string completion)
    {
        ArgumentNullException.ThrowIfNull(completion);
        string[] parts = completion.Split(ReasoningText.CloseTag);
        if (parts.Length < 2)
        {
            return Verdict.Unparsable;
        }

        string segment = parts[1];
        string command = segment.Contains(@"\boxed", StringComparison.Ordinal) ? @"\boxed{" : @"\fbox{";
        int start = segment.LastIndexOf(command, StringComparison.Ordinal);
        return start >= 0 && ContentOf(segment, start + command.Length) is { } content
            ? NumberOf(content, "Assistant 1", "Assistant 2", StringComparison.Ordinal)
            : Verdict.Unparsable;
    }

    private static Verdict NumberOf(string content, string first, string second, StringComparison comparison) =>
        content.Equals(first, comparison) ? Verdict.First
        : content.Equals(second, comparison) ? Verdict.Second
        : Verdict.Unparsable;

    /// <summary>What stands between an opening brace, which ends before <paramref name="start"/>, and its own closing one.</summary>
    private static string? ContentOf(string text, int start)
    {
        int depth = 1;
        for (int at = start; at < text.Length; at++)
        {
            depth += text[at] switch
            {
                '{' => 1,
                '}' => -1,
                _ => 0,
            };
            if (depth == 0)
            {
                return text[start..at];
            }
        }

        return null;
    }

    [GeneratedRegex(@"\\(?:boxed|fbox)\s*\{", RegexOptions.CultureInvariant)]
    private static partial Regex BoxOpening();

    [GeneratedRegex(
        @"\\(?:text(?:bf|it|rm|sf|tt|sc|up|normal)?|math(?:bf|it|rm|sf|tt|normal)|bf|it|rm|bfseries|q?quad|[ ,;:!])(?![A-Za-z])|[{}*_$~`\s]",
        RegexOptions.CultureInvariant
    )]
    private static partial Regex Decoration();
}
