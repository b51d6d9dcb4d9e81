using System.Globalization;
using System.Text.RegularExpressions;

namespace RewardReasoning.Judging;

/// <summary>
/// Reads verdicts, numbered as the judge was shown the responses. Never throws on what a model wrote: whatever is not a verdict is
/// <see cref="Verdict.Unparsable"/>.
/// </summary>
public static partial class VerdictParser
{
    /// <summary>
    /// Reads raw completion text: of the text after the last <c>&lt;/think&gt;</c> the last box decides. Reasoning that was opened, by the
    /// prompt or by the text, and not closed gives no verdict.
    /// </summary>
    public static Verdict Parse(string completion, bool promptOpensReasoning = false)
    {
        (_, string answer, bool? closed) = ReasoningText.Split(completion, promptOpensReasoning);
        return closed == false ? Verdict.Unparsable : ParseAnswer(answer);
    }

    /// <summary>Reads a completion that is already taken apart.</summary>
    public static Verdict Parse(Completion completion) => Parse(completion, ties: false);

    /// <summary>The same of a judge that may call a tie: <c>\boxed{Tie}</c>.</summary>
    internal static Verdict Parse(Completion completion, bool ties)
    {
        ArgumentNullException.ThrowIfNull(completion);
        return completion switch
        {
            { Withheld: true } or { OddEnd: not null } => Verdict.Unparsable,
            { Forced: true } => ParseForced(completion.Answer, ties),
            { ReasoningClosed: false } => Verdict.Unparsable,
            _ => ParseAnswer(completion.Answer, ties),
        };
    }

    /// <summary>
    /// Reads text that is all answer. The last <c>\boxed{…}</c> or <c>\fbox{…}</c> decides; text commands, bold, blanks and case inside it
    /// are forgiven, another content or a missing brace is not. Two boxes offered as alternatives ("either … or …") are not a verdict.
    /// </summary>
    public static Verdict ParseAnswer(string answer) => ParseAnswer(answer, ties: false);

    private static Verdict ParseAnswer(string answer, bool ties)
    {
        ArgumentNullException.ThrowIfNull(answer);
        MatchCollection boxes = BoxOpening().Matches(answer);
        Verdict verdict = boxes.Count > 0 ? VerdictIn(answer, boxes[^1], ties) : Verdict.Unparsable;
        return boxes.Count > 1 && AreAlternatives(answer, boxes[^2], boxes[^1], ties) ? Verdict.Unparsable : verdict;
    }

    /// <summary>Reads an answer whose beginning was written for the judge, so that it may stop before the closing brace.</summary>
    public static Verdict ParseForced(string answer) => ParseForced(answer, ties: false);

    private static Verdict ParseForced(string answer, bool ties) =>
        ParseAnswer(answer, ties) is not Verdict.Unparsable and var verdict ? verdict : ParseAnswer(answer + "}", ties);

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

    /// <summary>
    /// The whole number in the last box of a completion, from 1 to <paramref name="most"/>; null if there is none, as a verdict would be
    /// unparsable.
    /// </summary>
    internal static int? ParseNumber(Completion completion, int most)
    {
        if (completion is { Withheld: true } or { OddEnd: not null } || (completion.ReasoningClosed == false && !completion.Forced))
        {
            return null;
        }

        string answer = completion.Forced ? completion.Answer + "}" : completion.Answer;
        return
            BoxOpening().Matches(answer) is [.., var box]
            && ContentOf(answer, box.Index + box.Length) is { } content
            && int.TryParse(Decoration().Replace(content, ""), NumberStyles.None, CultureInfo.InvariantCulture, out int number)
            && number >= 1
            && number <= most
            ? number
            : null;
    }

    private static Verdict VerdictIn(string answer, Match box, bool ties) =>
        ContentOf(answer, box.Index + box.Length) is not { } content ? Verdict.Unparsable
        : Decoration().Replace(content, "") is var plain && ties && plain.Equals("tie", StringComparison.OrdinalIgnoreCase) ? Verdict.Tie
        : NumberOf(plain, "assistant1", "assistant2", StringComparison.OrdinalIgnoreCase);

    /// <summary>Whether two boxes name different responses and only a word like "or" is between them.</summary>
    private static bool AreAlternatives(string answer, Match left, Match right, bool ties)
    {
        int start = left.Index + left.Length;
        return ContentOf(answer, start) is { } content
            && start + content.Length + 1 <= right.Index
            && Alternative().IsMatch(answer[(start + content.Length + 1)..right.Index])
            && VerdictIn(answer, left, ties) is not Verdict.Unparsable and var first
            && first != VerdictIn(answer, right, ties);
    }

    private static Verdict NumberOf(string content, string first, string second, StringComparison comparison) =>
        content.Equals(first, comparison) ? Verdict.First
        : content.Equals(second, comparison) ? Verdict.Second
        : Verdict.Unparsable;

    /// <summary>The text between an opening brace, which ends before <paramref name="start"/>, and its own closing one.</summary>
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

    /// <summary>What joins boxes that are offered as alternatives; marks of emphasis and mathematics around it do not matter.</summary>
    [GeneratedRegex(
        @"^[\s$*_`()""'\\]*(?:or|and|vs\.?|versus|and/or|/|\||,|;|oder|und|ou|或|或者|还是|和)[\s$*_`()""'\\]*$",
        RegexOptions.CultureInvariant | RegexOptions.IgnoreCase
    )]
    private static partial Regex Alternative();

    [GeneratedRegex(@"\\(?:boxed|fbox)\s*\{", RegexOptions.CultureInvariant)]
    internal static partial Regex BoxOpening();

    [GeneratedRegex(
        @"\\(?:text(?:bf|it|rm|sf|tt|sc|up|normal)?|math(?:bf|it|rm|sf|tt|normal)|bf|it|rm|bfseries|q?quad|[ ,;:!])(?![A-Za-z])"
            + @"|[{}*_$~`\s]",
        RegexOptions.CultureInvariant
    )]
    private static partial Regex Decoration();
}
