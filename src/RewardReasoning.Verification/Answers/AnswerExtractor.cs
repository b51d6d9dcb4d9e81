using System.Buffers;
using System.Text.Json;
using System.Text.RegularExpressions;
using RewardReasoning.Verification.Parsing;

namespace RewardReasoning.Verification.Answers;

/// <summary>
/// Finds the answer in what a model wrote, or in a data set's solution: in an answer tag; else the last box that holds something; else what
/// follows "the answer is" or a heading; else, where the text is more than an answer, the last expression of the last sentence that is not
/// a remark; else the whole text. Reads the last 32,000 characters, in linear time.
/// </summary>
internal static partial class AnswerExtractor
{
    private const int MaxWholeAnswer = 400;
    private const int MaxWholeText = 4_000;
    private const int MinWordsAfterNumber = 6;
    private const int MaxTagged = 2_000;
    private const int MaxCues = 60;
    private static readonly SearchValues<char> PlainNumber = SearchValues.Create("0123456789.,/-$€£% ");
    private static readonly string[] JsonFields = ["answer", "final_answer", "Answer", "result"];

    /// <summary>The answer that a text gives, which a model wrote.</summary>
    public static StatedAnswer Find(string text) => Find(text, guess: true);

    /// <summary>
    /// The gold answer that a text gives. A short answer in words stays whole: of "maximum at x = 2, minimum at x = 4" the last number
    /// alone would be another answer.
    /// </summary>
    public static StatedAnswer FindGold(string text) => Find(text, guess: false);

    /// <summary>The choice letter that a text names, as the answer to a multiple-choice question; null where it names none.</summary>
    /// <param name="text">The text.</param>
    /// <param name="onlyOne">Whether a text that leaves the choice between several letters names none; else it names the first.</param>
    public static char? FindChoice(string text, bool onlyOne = false)
    {
        ArgumentNullException.ThrowIfNull(text);
        string visible = VisibleText.Of(text);
        return ChoiceLetters.Find(Tagged(visible) ?? visible, onlyOne);
    }

    private static StatedAnswer Find(string text, bool guess)
    {
        ArgumentNullException.ThrowIfNull(text);
        return VisibleText.Of(text) is not { Length: > 0 } visible ? StatedAnswer.None
            : Tagged(visible) is { } tagged && FindIn(tagged, guess) is { Source: not AnswerSource.None } inside
                ? inside with
                {
                    Source = AnswerSource.Tagged,
                }
            : FindIn(visible, guess);
    }

    private static StatedAnswer FindIn(string visible, bool guess)
    {
        List<AnswerCue> cues = AnswerCue.Find(visible, MaxCues);
        if (BoxedAnswers.Find(visible) is { } boxed)
        {
            return FinalAnswerAfter(boxed.End, visible, cues) is { } final ? new StatedAnswer(AnswerSource.Stated, [final])
                : boxed.Answer.Parts is [var inBox] && Inner(inBox) is { } stated ? new StatedAnswer(AnswerSource.Boxed, [stated])
                : boxed.Answer;
        }

        // What a cue is followed by at once outranks what it leads to by a sentence.
        string? indirect = null;
        for (int i = cues.Count - 1; i >= 0; i--)
        {
            if (Statements.After(visible, cues[i]) is { } statement)
            {
                if (statement.IsDirect)
                {
                    return new StatedAnswer(AnswerSource.Stated, [statement.Text]);
                }

                indirect ??= statement.Text;
            }
        }

        if (indirect is not null)
        {
            return new StatedAnswer(AnswerSource.Stated, [indirect]);
        }

        if (!guess && OnlyValue(visible) is { } only)
        {
            return new StatedAnswer(AnswerSource.Last, [only]);
        }

        string plain = Fence().Match(visible) is { Success: true } fence ? fence.Groups["content"].Value.Trim() : visible;
        return guess && IsProse(plain) && Statements.LastValue(plain) is { } last ? new StatedAnswer(AnswerSource.Last, [last])
            : plain.Length <= MaxWholeText ? new StatedAnswer(AnswerSource.Whole, [plain])
            : StatedAnswer.None;
    }

    /// <summary>The value of a sentence that says but one: "The increase is 15%."; null for anything else.</summary>
    private static string? OnlyValue(string text) =>
        text.Length <= MaxWholeAnswer
        && AnswerTextParts.Find(text) is [var only]
        && text[only.End..].Trim(' ', '.', '*').Length == 0
        && SaysIs().IsMatch(text.AsSpan(0, only.Start))
            ? only.Text
            : null;

    /// <summary>
    /// What the last answer tag holds, or the field "answer" of a text that is a JSON object; null where there is neither.
    /// </summary>
    private static string? Tagged(string text)
    {
        Match? tag = Tag().Matches(text).LastOrDefault(match => match.Groups["content"].ValueSpan.Trim().Length is > 0 and <= MaxTagged);
        if (tag is not null)
        {
            return tag.Groups["content"].Value.Trim();
        }

        string json = Fence().Match(text) is { Success: true } fence ? fence.Groups["content"].Value : text;
        if (json.Length > MaxTagged || json.TrimStart() is not ['{', ..] || !json.Contains('"', StringComparison.Ordinal))
        {
            return null;
        }

        try
        {
            using JsonDocument document = JsonDocument.Parse(json);
            foreach (string field in JsonFields)
            {
                if (document.RootElement.TryGetProperty(field, out JsonElement value))
                {
                    return value.ValueKind switch
                    {
                        JsonValueKind.String => value.GetString(),
                        JsonValueKind.Number => value.GetRawText(),
                        _ => null,
                    };
                }
            }
        }
        catch (JsonException)
        {
            // Braces of mathematics.
        }

        return null;
    }

    /// <summary>Of "The answer is 5" inside a box, what it states.</summary>
    private static string? Inner(string box)
    {
        if (!box.Contains("answer", StringComparison.OrdinalIgnoreCase))
        {
            return null;
        }

        string plain = box.Replace("\\text{", "{", StringComparison.Ordinal)
            .Replace("{", "", StringComparison.Ordinal)
            .Replace("}", "", StringComparison.Ordinal);
        return AnswerCue.Find(plain, 1) is [var cue] && Statements.After(plain, cue) is { IsDirect: true } statement
            ? statement.Text
            : null;
    }

    /// <summary>
    /// Whether a text says more than its answer. "5 apples and 3 oranges" does not: what opens with a number and goes on briefly is the
    /// answer.
    /// </summary>
    private static bool IsProse(string text)
    {
        string spelt = AnswerSpellings.Trimmed(text);
        if (AnswerSpellings.IsWorded(spelt))
        {
            return false;
        }

        text = spelt.StartsWith('-') ? spelt : text;
        List<AnswerPart> parts = AnswerTextParts.Find(text);
        if (parts.Count == 0 || Refusal().IsMatch(text) || Moments.Read(text) is not null)
        {
            return false;
        }

        int words = AnswerTextParts.CountWords(text, parts);
        bool opensWithNumber =
            !parts[0].IsFormula
            && text.AsSpan(0, parts[0].Start).IndexOfAnyExcept(" $") < 0
            && !text.Contains('=')
            && text.AsSpan(0, parts[0].End).IndexOfAnyExcept(PlainNumber) < 0;
        return (words >= 1 && Connective().IsMatch(text))
            || words
                >= (
                    opensWithNumber ? MinWordsAfterNumber
                    : parts.Exists(part => part.IsFormula) ? 1
                    : 2
                )
            || (text.Length > MaxWholeAnswer && words >= 1);
    }

    /// <summary>A value that is called the final answer after the last box: boxes before it hold steps.</summary>
    private static string? FinalAnswerAfter(int box, string text, List<AnswerCue> cues)
    {
        int index = cues.FindLastIndex(cue => cue.Start >= box && cue.IsFinal);
        return
            index >= 0
            && Statements.After(text, cues[index]) is { IsDirect: true } stated
            && AnswerTextParts.Find(stated.Text).Count > 0
            && !Statements.IsBox(stated.Text)
            ? stated.Text
            : null;
    }

    [GeneratedRegex(
        @"<\s*(final([_ ]?answer)?|answer|ans)\s*>(?<content>[^<]*(<[^/<][^<]*)*)(<\s*/|$)",
        RegexOptions.CultureInvariant | RegexOptions.NonBacktracking | RegexOptions.ExplicitCapture | RegexOptions.IgnoreCase
    )]
    private static partial Regex Tag();

    [GeneratedRegex(
        @"[A-Za-z]{3,}.* (is|are|equals) (\$|\*|~)*$",
        RegexOptions.CultureInvariant | RegexOptions.NonBacktracking | RegexOptions.ExplicitCapture
    )]
    private static partial Regex SaysIs();

    [GeneratedRegex(
        @"^\W*(so|thus|hence|therefore|then|now|we|it|finally|since|also|daher|donc|por tanto)\b",
        RegexOptions.CultureInvariant | RegexOptions.NonBacktracking | RegexOptions.ExplicitCapture | RegexOptions.IgnoreCase
    )]
    private static partial Regex Connective();

    [GeneratedRegex(
        @"^\s*```[a-zA-Z]*\s*\n?(?<content>[^`]*)```\s*$",
        RegexOptions.CultureInvariant | RegexOptions.NonBacktracking | RegexOptions.ExplicitCapture
    )]
    private static partial Regex Fence();

    [GeneratedRegex(
        @"\b(cannot|can't|can not|unable to|don't know|do not know|not sure|no idea|insufficient|not enough|real numbers?|reals|unclear"
            + @"|cannot be determined)\b",
        RegexOptions.CultureInvariant | RegexOptions.NonBacktracking | RegexOptions.ExplicitCapture | RegexOptions.IgnoreCase
    )]
    private static partial Regex Refusal();
}
