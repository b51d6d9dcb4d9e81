using System.Globalization;
using System.Text;

namespace RewardReasoning.Text.Tokenization;

/// <summary>The four kinds of character that split patterns tell apart: <c>\p{L}</c>, <c>\p{N}</c>, <c>\s</c> and all others.</summary>
internal enum CharacterKind : byte
{
    Other,
    Letter,
    Number,
    Space,
}

/// <summary>Classifies whole code points, which <c>System.Text.RegularExpressions</c> cannot above U+FFFF.</summary>
internal static class CharacterClass
{
    private static readonly CharacterKind[] Latin = [.. Enumerable.Range(0, 256).Select(c => Classify(c))];

    /// <summary>The kind of the code point at <paramref name="at"/>, which takes <paramref name="width"/> UTF-16 units.</summary>
    public static CharacterKind At(ReadOnlySpan<char> text, int at, out int width)
    {
        char unit = text[at];
        width = 1;
        if (unit < 256)
        {
            return Latin[unit];
        }

        if (char.IsHighSurrogate(unit) && at + 1 < text.Length && char.IsLowSurrogate(text[at + 1]))
        {
            width = 2;
            return Classify(char.ConvertToUtf32(unit, text[at + 1]));
        }

        return Classify(unit);
    }

    /// <summary>
    /// Where the run of one kind that begins at <paramref name="at"/> ends, after at most <paramref name="most"/> code points.
    /// </summary>
    public static int EndOfRun(ReadOnlySpan<char> text, int at, CharacterKind kind, int most = int.MaxValue)
    {
        for (; most > 0 && at < text.Length && At(text, at, out int width) == kind; most--)
        {
            at += width;
        }

        return at;
    }

    private static CharacterKind Classify(int codePoint) =>
        CharUnicodeInfo.GetUnicodeCategory(codePoint) switch
        {
            <= UnicodeCategory.OtherLetter => CharacterKind.Letter,
            UnicodeCategory.DecimalDigitNumber or UnicodeCategory.LetterNumber or UnicodeCategory.OtherNumber => CharacterKind.Number,
            _ => Rune.IsValid(codePoint) && Rune.IsWhiteSpace(new Rune(codePoint)) ? CharacterKind.Space : CharacterKind.Other,
        };
}
