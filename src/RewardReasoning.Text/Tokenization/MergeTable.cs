using System.Numerics;

namespace RewardReasoning.Text.Tokenization;

/// <summary>
/// Which two neighbouring tokens merge into which, and how early (rank 0 first): an open-addressed map from the pair of ids.
/// </summary>
internal sealed class MergeTable
{
    /// <summary>The rank of a pair that does not merge: later than every real one.</summary>
    public const int NoRank = int.MaxValue;

    private readonly Entry[] _slots;

    /// <summary>An empty table for at most <paramref name="capacity"/> merges.</summary>
    public MergeTable(int capacity) => _slots = new Entry[BitOperations.RoundUpToPowerOf2((uint)Math.Max(16, (capacity * 3L) / 2))];

    /// <summary>Notes that <paramref name="left"/> and <paramref name="right"/> merge; a pair given twice keeps its last rank.</summary>
    public void Set(int left, int right, int rank, int result)
    {
        ulong key = Key(left, right);
        ref Entry entry = ref _slots[Slot(key)];
        entry = new Entry(key, rank, result);
    }

    /// <summary>The rank at which the pair merges, or <see cref="NoRank"/>.</summary>
    public int Rank(int left, int right)
    {
        ulong key = Key(left, right);
        ref Entry entry = ref _slots[Slot(key)];
        return entry.Key == key ? entry.Rank : NoRank;
    }

    /// <summary>What the pair merges into; only for pairs that have a rank.</summary>
    public int Result(int left, int right) => _slots[Slot(Key(left, right))].Result;

    /// <summary>Every pair, the earliest to merge first.</summary>
    public IEnumerable<(int Left, int Right)> InOrder() =>
        _slots
            .Where(entry => entry.Key != 0)
            .OrderBy(entry => entry.Rank)
            .Select(entry => ((int)((entry.Key - 1) >> 32), (int)(uint)(entry.Key - 1)));

    // Shifted by one so that an empty slot's zero is no key.
    private static ulong Key(int left, int right) => ((ulong)(uint)left << 32 | (uint)right) + 1;

    private int Slot(ulong key)
    {
        int mask = _slots.Length - 1;
        int slot = (int)((key * 0x9E3779B97F4A7C15) >> 32) & mask;
        while (_slots[slot].Key != key && _slots[slot].Key != 0)
        {
            slot = (slot + 1) & mask;
        }

        return slot;
    }

    private readonly record struct Entry(ulong Key, int Rank, int Result);
}
