using System.Buffers;
using System.Globalization;
using System.Text;

namespace RewardReasoning.Text.Tokenization;

/// <summary>
/// Finds added tokens in text: the leftmost first, of several at one place the longest, each followed by whatever its strip flags
/// swallow.
/// </summary>
internal sealed class AddedTokenMatcher
{
    private readonly SearchValues<char> _firsts;
    private readonly Dictionary<char, Candidate[]> _byFirst;

    /// <summary>A matcher for these tokens, each looked for by the text beside it.</summary>
    public AddedTokenMatcher(IEnumerable<(string Text, AddedToken Token)> tokens)
    {
        _byFirst = tokens
            .Where(t => t.Text.Length > 0)
            .GroupBy(t => t.Text[0])
            .ToDictionary(g => g.Key, g => g.OrderByDescending(t => t.Text.Length).Select(t => new Candidate(t.Text, t.Token)).ToArray());
        _firsts = SearchValues.Create([.. _byFirst.Keys]);
    }

    /// <summary>The next token at or after <paramref name="from"/>; false if there is none.</summary>
    /// <param name="text">The text searched.</param>
    /// <param name="from">Where the search begins; nothing before it is swallowed.</param>
    /// <param name="match">The stretch of the token, with the white space it swallows.</param>
    /// <param name="token">The token found.</param>
    public bool TryFind(ReadOnlySpan<char> text, int from, out Piece match, out AddedToken? token)
    {
        for (int at = from; at < text.Length; )
        {
            int step = text[at..].IndexOfAny(_firsts);
            if (step < 0)
            {
                break;
            }

            at += step;
            token = At(text, at, out int length);
            if (token is null)
            {
                at++;
                continue;
            }

            if (token.SingleWord && (EndsWithWord(text[..at]) || StartsWithWord(text[(at + length)..])))
            {
                at += length;
                continue;
            }

            int start = token.StripLeft ? Math.Max(from, text[..at].TrimEnd().Length) : at;
            int end = at + length;
            end = token.StripRight ? text.Length - text[end..].TrimStart().Length : end;
            match = new Piece(start, end - start);
            return true;
        }

        match = default;
        token = null;
        return false;
    }

    private AddedToken? At(ReadOnlySpan<char> text, int at, out int length)
    {
        foreach (Candidate candidate in _byFirst[text[at]])
        {
            if (text[at..].StartsWith(candidate.Text, StringComparison.Ordinal))
            {
                length = candidate.Text.Length;
                return candidate.Token;
            }
        }

        length = 0;
        return null;
    }

    private static bool EndsWithWord(ReadOnlySpan<char> text) =>
        Rune.DecodeLastFromUtf16(text, out Rune rune, out _) == OperationStatus.Done && IsWord(rune);

    private static bool StartsWithWord(ReadOnlySpan<char> text) =>
        Rune.DecodeFromUtf16(text, out Rune rune, out _) == OperationStatus.Done && IsWord(rune);

    private static bool IsWord(Rune rune) =>
        Rune.IsLetterOrDigit(rune)
        || Rune.GetUnicodeCategory(rune)
            is UnicodeCategory.NonSpacingMark
                or UnicodeCategory.SpacingCombiningMark
                or UnicodeCategory.EnclosingMark
                or UnicodeCategory.ConnectorPunctuation
                or UnicodeCategory.LetterNumber;

    private sealed record Candidate(string Text, AddedToken Token);
}
