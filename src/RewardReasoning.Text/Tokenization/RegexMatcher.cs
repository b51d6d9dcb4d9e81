using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;

namespace RewardReasoning.Text.Tokenization;

/// <summary>
/// Matches any other split pattern by a regular expression. .NET's match UTF-16 units where the reference's match code points, so
/// text with characters above U+FFFF is matched on a shadow that has one unit of the same category for each of them.
/// </summary>
internal sealed class RegexMatcher : IPieceMatcher
{
    /// <summary>Longest time for one match: split patterns need microseconds, but one from a stranger may backtrack without end.</summary>
    private static readonly TimeSpan LongestMatch = TimeSpan.FromSeconds(10);

    private readonly Regex _regex;
    private readonly string _pattern;

    /// <summary>
    /// A matcher for a pattern in the reference's syntax; throws <see cref="ArgumentException"/> where .NET has no such syntax.
    /// </summary>
    /// <param name="pattern">The pattern.</param>
    /// <param name="longestMatch">Longest time for one match; null for 10 seconds.</param>
    public RegexMatcher(string pattern, TimeSpan? longestMatch = null) =>
        (_pattern, _regex) = (
            pattern,
            new Regex(OnigurumaPattern.ToNet(pattern), RegexOptions.CultureInvariant, longestMatch ?? LongestMatch)
        );

    /// <inheritdoc/>
    public void FindMatches(ReadOnlySpan<char> text, List<Piece> matches)
    {
        try
        {
            FindAll(text, matches);
        }
        catch (RegexMatchTimeoutException error)
        {
            throw new TokenizerException(
                $"The tokenizer's split pattern {_pattern} takes more than {_regex.MatchTimeout.TotalSeconds:0.###} seconds for one match "
                    + $"in a text of {text.Length} characters; it backtracks too much to be used.",
                error
            );
        }
    }

    private void FindAll(ReadOnlySpan<char> text, List<Piece> matches)
    {
        if (text.IndexOfAnyInRange('\uD800', '\uDFFF') < 0)
        {
            foreach (ValueMatch match in _regex.EnumerateMatches(text))
            {
                Add(match.Index, match.Index + match.Length, matches);
            }

            return;
        }

        char[] shadow = ArrayPool<char>.Shared.Rent(text.Length);
        int[] starts = ArrayPool<int>.Shared.Rent(text.Length + 1);
        int count = 0;
        for (int at = 0; at < text.Length; count++)
        {
            starts[count] = at;
            _ = Rune.DecodeFromUtf16(text[at..], out Rune rune, out int used);
            shadow[count] = used == 1 ? text[at] : StandIn(rune);
            at += used;
        }

        starts[count] = text.Length;
        foreach (ValueMatch match in _regex.EnumerateMatches(shadow.AsSpan(0, count)))
        {
            Add(starts[match.Index], starts[match.Index + match.Length], matches);
        }

        ArrayPool<char>.Shared.Return(shadow);
        ArrayPool<int>.Shared.Return(starts);
    }

    private static void Add(int start, int end, List<Piece> matches)
    {
        if (end > start)
        {
            matches.Add(new Piece(start, end - start));
        }
    }

    /// <summary>A unit of the same general category that patterns do not name by itself.</summary>
    private static char StandIn(Rune rune) =>
        Rune.GetUnicodeCategory(rune) switch
        {
            UnicodeCategory.UppercaseLetter => '\uA722',
            UnicodeCategory.LowercaseLetter => '\uA723',
            UnicodeCategory.ModifierLetter => '\uA717',
            <= UnicodeCategory.OtherLetter => '\uA000',
            UnicodeCategory.SpacingCombiningMark => '\u0903',
            <= UnicodeCategory.EnclosingMark => '\u0300',
            UnicodeCategory.DecimalDigitNumber => '\u0660',
            UnicodeCategory.LetterNumber => '\u2160',
            UnicodeCategory.OtherNumber => '\u2460',
            >= UnicodeCategory.ConnectorPunctuation and <= UnicodeCategory.OtherPunctuation => '\u2020',
            >= UnicodeCategory.MathSymbol and <= UnicodeCategory.OtherSymbol => '\u2603',
            _ => '\uE000',
        };
}
