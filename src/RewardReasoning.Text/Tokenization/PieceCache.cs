namespace RewardReasoning.Text.Tokenization;

/// <summary>
/// Remembers the ids of recent short pieces. Direct-mapped: a new piece takes the place of the one in its slot, so the size is
/// bounded whatever text comes, and a slot is one reference, so readers and writers on many threads need no lock.
/// </summary>
internal sealed class PieceCache(int slots)
{
    /// <summary>Longer pieces are seldom seen twice.</summary>
    public const int LongestPiece = 256;

    private readonly Entry?[] _slots = new Entry?[slots];

    /// <summary>The cached ids of this piece, or null.</summary>
    public int[]? Find(ReadOnlySpan<char> piece)
    {
        Entry? entry = Volatile.Read(ref _slots[Slot(piece)]);
        return entry is not null && piece.SequenceEqual(entry.Piece) ? entry.Ids : null;
    }

    /// <summary>Keeps the ids of a piece.</summary>
    public void Keep(ReadOnlySpan<char> piece, ReadOnlySpan<int> ids) =>
        Volatile.Write(ref _slots[Slot(piece)], new Entry(piece.ToString(), ids.ToArray()));

    private int Slot(ReadOnlySpan<char> piece) => (int)((uint)string.GetHashCode(piece) % (uint)_slots.Length);

    private sealed record Entry(string Piece, int[] Ids);
}
