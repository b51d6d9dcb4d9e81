using System.Text;
using System.Text.RegularExpressions;

namespace RewardReasoning.Verification.Answers;

/// <summary>
/// What counts of a text: after the reasoning, before whatever the model went on with, and of a long text the end; JSON escapes undone.
/// </summary>
internal static partial class VisibleText
{
    /// <summary>Characters that are read, from the end.</summary>
    public const int MaxCharacters = 32_000;

    private static readonly string[] EndMarks = ["<|im_start|>", "<|im_end|>", "<|endoftext|>", "<|eot_id|>", "<|end|>", "</s>"];

    // Raw output of most reasoning models is read as it is. This package depends on nothing, so it knows only the commonest marker; a
    // caller that knows the model's own removes its reasoning first.
    public static string Of(string text)
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
        text = Unescape(text).Trim();
        return Bullet().Match(text) is { Success: true } bullet ? text[(bullet.Length - 3)..] : text;
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

    /// <summary>The mark of a list's only item, before three letters: "- x" may be a value.</summary>
    [GeneratedRegex(@"^[-*•] +\p{L}{3}", RegexOptions.CultureInvariant | RegexOptions.NonBacktracking)]
    private static partial Regex Bullet();

    [GeneratedRegex(
        @"\n\s*(Question|Q|Problem|Instruction|User|Human)\s*\d*\s*:",
        RegexOptions.CultureInvariant | RegexOptions.NonBacktracking | RegexOptions.ExplicitCapture
    )]
    private static partial Regex NextQuestion();
}
