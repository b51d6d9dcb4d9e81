using System.Text.RegularExpressions;

namespace RewardReasoning.Verification.Answers;

/// <summary>Finds the letter that a multiple-choice answer names.</summary>
internal static partial class ChoiceLetters
{
    /// <summary>The letter in capitals; null where none is named.</summary>
    public static char? Find(string text)
    {
        if (BoxedAnswers.Find(text) is { Answer.Parts: [var boxed] } && Leading(boxed) is { } inBox)
        {
            return inBox;
        }

        string plain = text.Replace("**", "", StringComparison.Ordinal);
        return Last(Stated(), plain)
            ?? Leading(plain)
            ?? Last(Sentence(), plain)
            ?? Last(Chosen(), plain)
            ?? Last(Bracketed(), plain)
            ?? Last(Standing(), plain);
    }

    /// <summary>Whether a whole text is one capital letter that choices go by.</summary>
    public static bool IsChoice(string text) => text.Length == 1 && text[0] is >= 'A' and <= 'J';

    /// <summary>A letter that opens a text and is all of it, or is followed by the option's own text: "C", "(C)", "C. x = 42".</summary>
    public static char? Leading(string text) => LeadingLetter().Match(text) is { Success: true } match ? Letter(match) : null;

    private static char? Last(Regex pattern, string text) => pattern.Matches(text) is { Count: > 0 } matches ? Letter(matches[^1]) : null;

    private static char Letter(Match match) => char.ToUpperInvariant(match.Groups["letter"].ValueSpan[0]);

    [GeneratedRegex(
        @"^[\s$\\({\[]*((text|textbf|mathrm|mathbf|textrm)\s*\{)?[\s(]*(?<letter>[A-Za-z])[\s)}\]$.]*$|^\s*\(?(?<letter>[A-Z])(\)|\.|:)\s|^(?<letter>[A-Z])\s[A-Z][a-z]+$",
        RegexOptions.CultureInvariant | RegexOptions.NonBacktracking | RegexOptions.ExplicitCapture
    )]
    private static partial Regex LeadingLetter();

    [GeneratedRegex(
        @"(answer|option|choice)\s*(is|:|：|would be|must be|should be)\s*:?\s*(for sure |definitely |clearly |therefore |thus |option |choice |letter )?[$\\({\[]*((text|textbf|mathrm|boxed)\s*\{)?\(?(?<letter>[A-J])([^A-Za-z']|$)",
        RegexOptions.CultureInvariant | RegexOptions.NonBacktracking | RegexOptions.ExplicitCapture | RegexOptions.IgnoreCase
    )]
    private static partial Regex Stated();

    [GeneratedRegex(
        @"(answer|option|choice|correct)[^.\n]{0,40}\s\(?(?<letter>[B-J]|A[).,])(\W|$)",
        RegexOptions.CultureInvariant | RegexOptions.NonBacktracking | RegexOptions.ExplicitCapture
    )]
    private static partial Regex Sentence();

    [GeneratedRegex(
        @"\b(is|choose|pick|select)\s+\(?(?<letter>[A-J])([^A-Za-z'\s]|$)",
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
}
