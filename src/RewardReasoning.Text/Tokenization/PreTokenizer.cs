using System.Runtime.InteropServices;

namespace RewardReasoning.Text.Tokenization;

/// <summary>A stretch of a text, in UTF-16 units.</summary>
internal readonly record struct Piece(int Start, int Length)
{
    /// <summary>Where the piece ends, exclusively.</summary>
    public int End => Start + Length;
}

/// <summary>Cuts text into the pieces that merges never cross: each step cuts what the one before left.</summary>
internal sealed class PreTokenizer(IReadOnlyList<SplitStep> steps)
{
    /// <summary>The pieces of a text in order.</summary>
    public List<Piece> Split(ReadOnlySpan<char> text)
    {
        List<Piece> pieces = text.IsEmpty ? [] : [new Piece(0, text.Length)];
        List<Piece> finer = [];
        foreach (SplitStep step in steps)
        {
            finer.Clear();
            foreach (Piece piece in CollectionsMarshal.AsSpan(pieces))
            {
                step.Split(text.Slice(piece.Start, piece.Length), piece.Start, finer);
            }

            (pieces, finer) = (finer, pieces);
        }

        return pieces;
    }
}
