// Byte pair encoding (Sennrich et al. 2016, on bytes as in GPT-2): a piece starts as its bytes' tokens; the neighbouring pair that was
// learnt first merges, the leftmost of equals first, until no pair merges. Short pieces scan for the next merge, which is fastest
// there but quadratic; long ones keep the pairs in a heap: n pairs at the start and at most two more a merge, so O(n log n).
using System.Buffers;
using System.Runtime.InteropServices;
using System.Text;

namespace RewardReasoning.Text.Tokenization;

/// <summary>Turns a piece of text into token ids by byte pair merges. Safe to share between threads.</summary>
internal sealed class BytePairEncoder
{
    private const int LongestScan = 96;
    private const int NoByte = -1;

    private readonly TokenTable _tokens;
    private readonly MergeTable _merges;
    private readonly bool _wholePieceFirst;
    private readonly Predicate<int> _isControl;
    private readonly int[] _idOfByte = new int[256];
    private readonly PieceCache _cache = new(slots: 16384);

    /// <summary>An encoder over a vocabulary and its merges.</summary>
    /// <param name="tokens">The vocabulary; bytes without a token of their own are dropped, as the reference does.</param>
    /// <param name="merges">The merges by rank.</param>
    /// <param name="wholePieceFirst"><c>ignore_merges</c>: a piece that is itself a token is that token, whatever the merges say.</param>
    /// <param name="isControl">Tokens that <paramref name="wholePieceFirst"/> must not find.</param>
    public BytePairEncoder(TokenTable tokens, MergeTable merges, bool wholePieceFirst, Predicate<int> isControl)
    {
        _tokens = tokens;
        _merges = merges;
        _wholePieceFirst = wholePieceFirst;
        _isControl = isControl;
        for (int i = 0; i < 256; i++)
        {
            _idOfByte[i] = tokens.Find([(byte)i]);
        }
    }

    /// <summary>Appends the ids of one piece.</summary>
    public void Encode(ReadOnlySpan<char> piece, List<int> ids)
    {
        if (piece.Length > PieceCache.LongestPiece)
        {
            Merge(piece, ids);
            return;
        }

        if (_cache.Find(piece) is { } known)
        {
            ids.AddRange(known);
            return;
        }

        int before = ids.Count;
        Merge(piece, ids);
        _cache.Keep(piece, CollectionsMarshal.AsSpan(ids)[before..]);
    }

    private void Merge(ReadOnlySpan<char> piece, List<int> ids)
    {
        int most = Encoding.UTF8.GetMaxByteCount(piece.Length);
        byte[] bytes = ArrayPool<byte>.Shared.Rent(most);
        int[] symbols = ArrayPool<int>.Shared.Rent(most);
        try
        {
            int length = Encoding.UTF8.GetBytes(piece, bytes);
            if (_wholePieceFirst && _tokens.Find(bytes.AsSpan(0, length)) is >= 0 and int whole && !_isControl(whole))
            {
                ids.Add(whole);
                return;
            }

            int count = 0;
            foreach (byte value in bytes.AsSpan(0, length))
            {
                int id = _idOfByte[value];
                if (id != NoByte)
                {
                    symbols[count++] = id;
                }
            }

            Span<int> start = symbols.AsSpan(0, count);
            ids.AddRange(start[..(count <= LongestScan ? MergeByScan(start) : MergeByHeap(start))]);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(bytes);
            ArrayPool<int>.Shared.Return(symbols);
        }
    }

    /// <summary>Merges in place and returns how many symbols are left.</summary>
    private int MergeByScan(Span<int> symbols)
    {
        Span<int> ranks = stackalloc int[LongestScan];
        int count = symbols.Length;
        for (int i = 0; i + 1 < count; i++)
        {
            ranks[i] = _merges.Rank(symbols[i], symbols[i + 1]);
        }

        while (count > 1)
        {
            int at = IndexOfLowest(ranks[..(count - 1)]);
            if (ranks[at] == MergeTable.NoRank)
            {
                break;
            }

            symbols[at] = _merges.Result(symbols[at], symbols[at + 1]);
            symbols[(at + 2)..count].CopyTo(symbols[(at + 1)..]);
            if (at + 2 < count)
            {
                ranks[(at + 2)..(count - 1)].CopyTo(ranks[(at + 1)..]);
            }

            count--;
            if (at > 0)
            {
                ranks[at - 1] = _merges.Rank(symbols[at - 1], symbols[at]);
            }

            if (at + 1 < count)
            {
                ranks[at] = _merges.Rank(symbols[at], symbols[at + 1]);
            }
        }

        return count;
    }

    private static int IndexOfLowest(ReadOnlySpan<int> ranks)
    {
        int at = 0;
        for (int i = 1; i < ranks.Length; i++)
        {
            if (ranks[i] < ranks[at])
            {
                at = i;
            }
        }

        return at;
    }

    /// <summary>The same result as <see cref="MergeByScan"/>, over a linked list and a heap ordered by rank, then position.</summary>
    private int MergeByHeap(Span<int> symbols)
    {
        const int End = -1;
        int[] next = ArrayPool<int>.Shared.Rent(symbols.Length);
        int[] previous = ArrayPool<int>.Shared.Rent(symbols.Length);
        List<(int At, ulong Order)> pairs = new(symbols.Length);
        for (int i = 0; i < symbols.Length; i++)
        {
            next[i] = i + 1 < symbols.Length ? i + 1 : End;
            previous[i] = i - 1;
            if (i + 1 < symbols.Length && _merges.Rank(symbols[i], symbols[i + 1]) is not MergeTable.NoRank and int rank)
            {
                pairs.Add((i, Order(rank, i)));
            }
        }

        PriorityQueue<int, ulong> queue = new(pairs);
        while (queue.TryDequeue(out int at, out ulong order))
        {
            // A pair that has changed since it was queued, or whose left part is gone, no longer has the rank it was queued with.
            int right = next[at];
            if (symbols[at] < 0 || right == End || _merges.Rank(symbols[at], symbols[right]) != (int)(order >> 32))
            {
                continue;
            }

            symbols[at] = _merges.Result(symbols[at], symbols[right]);
            symbols[right] = -1;
            next[at] = next[right];
            if (next[at] != End)
            {
                previous[next[at]] = at;
                Queue(queue, symbols, at, next[at]);
            }

            if (previous[at] >= 0)
            {
                Queue(queue, symbols, previous[at], at);
            }
        }

        int count = 0;
        for (int at = 0; at != End; at = next[at])
        {
            symbols[count++] = symbols[at];
        }

        ArrayPool<int>.Shared.Return(next);
        ArrayPool<int>.Shared.Return(previous);
        return count;
    }

    private void Queue(PriorityQueue<int, ulong> queue, ReadOnlySpan<int> symbols, int left, int right)
    {
        int rank = _merges.Rank(symbols[left], symbols[right]);
        if (rank != MergeTable.NoRank)
        {
            queue.Enqueue(left, Order(rank, left));
        }
    }

    private static ulong Order(int rank, int at) => (ulong)(uint)rank << 32 | (uint)at;
}
