using System.Runtime.InteropServices;

namespace RewardReasoning.Text.Tokenization;

/// <summary>What becomes of the matches of a split pattern (the reference's <c>SplitDelimiterBehavior</c>).</summary>
internal enum SplitBehavior
{
    /// <summary>Every match and every stretch between matches is a piece.</summary>
    Isolated,

    /// <summary>Matches vanish.</summary>
    Removed,

    /// <summary>A match joins the piece before it.</summary>
    MergedWithPrevious,

    /// <summary>A match joins the piece after it.</summary>
    MergedWithNext,

    /// <summary>Neighbouring matches are one piece.</summary>
    Contiguous,
}

/// <summary>Finds the stretches of a text that a split pattern matches.</summary>
internal interface IPieceMatcher
{
    /// <summary>Appends the matches in order; they are not empty and do not overlap.</summary>
    void FindMatches(ReadOnlySpan<char> text, List<Piece> matches);
}

/// <summary>One step of a pre-tokenizer: a pattern and what becomes of its matches.</summary>
/// <param name="matcher">Finds the matches.</param>
/// <param name="behavior">What becomes of them.</param>
/// <param name="invert">Swaps matches and the stretches between them.</param>
internal sealed class SplitStep(IPieceMatcher matcher, SplitBehavior behavior, bool invert)
{
    /// <summary>Appends the pieces of <paramref name="text"/>, which begins at <paramref name="offset"/> of the whole.</summary>
    public void Split(ReadOnlySpan<char> text, int offset, List<Piece> pieces)
    {
        List<Piece> matches = [];
        matcher.FindMatches(text, matches);
        int first = pieces.Count;
        int at = 0;
        bool afterMatch = false;
        foreach (Piece match in CollectionsMarshal.AsSpan(matches))
        {
            if (match.Start > at)
            {
                Add(new Piece(offset + at, match.Start - at), invert);
            }

            Add(match with { Start = offset + match.Start }, !invert);
            at = match.End;
        }

        if (at < text.Length)
        {
            Add(new Piece(offset + at, text.Length - at), invert);
        }

        void Add(Piece piece, bool isMatch)
        {
            bool joins =
                pieces.Count > first
                && behavior switch
                {
                    SplitBehavior.MergedWithPrevious => isMatch && !afterMatch,
                    SplitBehavior.MergedWithNext => !isMatch && afterMatch,
                    SplitBehavior.Contiguous => isMatch == afterMatch,
                    _ => false,
                };
            afterMatch = isMatch;
            if (joins)
            {
                pieces[^1] = pieces[^1] with { Length = piece.End - pieces[^1].Start };
            }
            else if (!isMatch || behavior != SplitBehavior.Removed)
            {
                pieces.Add(piece);
            }
        }
    }
}
