namespace RewardReasoning.Text.Tokenization;

/// <summary>Matches runs of at most <paramref name="longest"/> numeric code points (<c>\p{N}</c>).</summary>
internal sealed class NumberMatcher(int longest) : IPieceMatcher
{
    /// <summary>The matcher for <c>\p{N}</c>, <c>\p{N}+</c> and <c>\p{N}{1,3}</c>, or null for any other pattern.</summary>
    public static NumberMatcher? For(string pattern) =>
        pattern switch
        {
            @"\p{N}" => new NumberMatcher(1),
            @"\p{N}{1,3}" => new NumberMatcher(3),
            @"\p{N}+" => new NumberMatcher(int.MaxValue),
            _ => null,
        };

    /// <inheritdoc/>
    public void FindMatches(ReadOnlySpan<char> text, List<Piece> matches)
    {
        for (int at = 0; at < text.Length; )
        {
            int end = CharacterClass.EndOfRun(text, at, CharacterKind.Number, longest);
            if (end > at)
            {
                matches.Add(new Piece(at, end - at));
                at = end;
            }
            else
            {
                _ = CharacterClass.At(text, at, out int width);
                at += width;
            }
        }
    }
}
