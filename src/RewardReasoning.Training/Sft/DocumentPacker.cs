using RewardReasoning.Recipes;

namespace RewardReasoning.Training.Sft;

/// <summary>
/// Position of a <see cref="DocumentPacker"/>: documents taken so far, those still in the pool, and those left out as too long.
/// </summary>
internal sealed record PackerState(long Taken, IReadOnlyList<int> Pool, int TooLong);

/// <summary>Documents in one row of a fixed length.</summary>
/// <param name="Ids">Token ids; the rest of the row is filled with 0.</param>
/// <param name="Weights">Weight of each token as a target: 0 for the filling, and for the first token of each document, which nothing
/// before it predicts.</param>
/// <param name="Positions">Places counted from 0 in each document.</param>
/// <param name="Documents">Number of each token's document in the row; the filling is the last.</param>
internal sealed record PackedRow(long[] Ids, float[] Weights, long[] Positions, long[] Documents)
{
    /// <summary>Puts documents one behind the other.</summary>
    public static PackedRow Of(IReadOnlyList<SftDocument> documents, int length)
    {
        ArgumentNullException.ThrowIfNull(documents);
        PackedRow row = new(new long[length], new float[length], new long[length], new long[length]);
        int at = 0;
        for (int document = 0; document < documents.Count; document++)
        {
            for (int i = 0; i < documents[document].Ids.Length; i++, at++)
            {
                row.Ids[at] = documents[document].Ids[i];
                row.Weights[at] = i == 0 ? 0 : documents[document].Weights[i];
                row.Positions[at] = i;
                row.Documents[at] = document;
            }
        }

        for (int i = 0; at < length; i++, at++)
        {
            (row.Positions[at], row.Documents[at]) = (i, documents.Count);
        }

        return row;
    }
}

/// <summary>
/// Packs documents into rows of a fixed length: from a small pool the longest that still fits is put in, until none does; the order
/// within a row is then shuffled. Documents come in a seeded order, each once an epoch.
/// </summary>
internal sealed class DocumentPacker
{
    private readonly SftDocuments _documents;
    private readonly int _rowTokens;
    private readonly int _poolSize;
    private readonly ulong _seed;
    private readonly List<(int Index, SftDocument Document)> _pool = [];
    private int[] _order = [];
    private long _orderEpoch = -1;
    private long _taken;

    /// <summary>A packer at the beginning, or where <paramref name="state"/> says.</summary>
    public DocumentPacker(SftDocuments documents, int rowTokens, int poolSize, ulong seed, PackerState? state = null)
    {
        (_documents, _rowTokens, _poolSize, _seed) = (documents, rowTokens, poolSize, seed);
        if (state is not null)
        {
            (_taken, TooLong) = (state.Taken, state.TooLong);
            _pool.AddRange(state.Pool.Select(index => (index, documents.Read(index))));
        }
    }

    /// <summary>Documents of the data left out as too long, among those seen so far.</summary>
    public int TooLong { get; private set; }

    /// <summary>Position of the packer.</summary>
    public PackerState State => new(_taken, [.. _pool.Select(entry => entry.Index)], TooLong);

    /// <summary>The next row.</summary>
    public PackedRow NextRow()
    {
        List<SftDocument> row = [];
        int used = 0;
        while (true)
        {
            Fill();
            int best = -1;
            for (int i = 0; i < _pool.Count; i++)
            {
                int length = _pool[i].Document.Ids.Length;
                if (used + length <= _rowTokens && (best < 0 || length > _pool[best].Document.Ids.Length))
                {
                    best = i;
                }
            }

            if (best < 0)
            {
                break;
            }

            row.Add(_pool[best].Document);
            used += _pool[best].Document.Ids.Length;
            _pool.RemoveAt(best);
        }

        new SeededRandom(_seed ^ (ulong)_taken).Shuffle(row);
        return PackedRow.Of(row, _rowTokens);
    }

    private void Fill()
    {
        int passed = 0;
        while (_pool.Count < _poolSize)
        {
            int index = Index(_taken++);
            SftDocument document = _documents.Read(index);
            if (document.Ids.Length <= _rowTokens)
            {
                _pool.Add((index, document));
                passed = 0;
                continue;
            }

            TooLong += _taken <= _documents.Count ? 1 : 0;
            if (++passed >= 2 * _documents.Count) // the fitting one may be the first of an epoch and the last of the next
            {
                throw new RecipeException($"Every document is longer than row_tokens ({_rowTokens}); raise it.");
            }
        }
    }

    private int Index(long taken)
    {
        long epoch = taken / _documents.Count;
        if (epoch != _orderEpoch)
        {
            _order = [.. Enumerable.Range(0, _documents.Count)];
            new SeededRandom(_seed + (ulong)epoch).Shuffle(_order);
            _orderEpoch = epoch;
        }

        return _order[taken % _documents.Count];
    }
}
