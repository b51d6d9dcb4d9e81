namespace RewardReasoning.Training.Sft;

/// <summary>Where a <see cref="DocumentPacker"/> stands: documents taken so far, those still in the pool, and those left out as too long.</summary>
public sealed record PackerState(long Taken, IReadOnlyList<int> Pool, int TooLong);

/// <summary>
/// Packs documents into rows of a fixed length: from a small pool the longest that still fits is put in, until none does; the order
/// within a row is then shuffled. Documents come in a seeded order, each once an epoch. Attention is plain causal across a row:
/// documents see the unrelated ones before them, which costs nothing in quality at this scale and keeps the fast kernel.
/// </summary>
public sealed class DocumentPacker
{
    private readonly SftDocuments _documents;
    private readonly int _rowTokens;
    private readonly int _poolSize;
    private readonly ulong _seed;
    private readonly List<(int Index, SftDocument Document)> _pool = [];
    private int[] _order = [];
    private long _orderEpoch = -1;
    private long _taken;
    private int _tooLong;

    /// <summary>A packer at the beginning, or where <paramref name="state"/> says.</summary>
    public DocumentPacker(SftDocuments documents, int rowTokens, int poolSize, ulong seed, PackerState? state = null)
    {
        (_documents, _rowTokens, _poolSize, _seed) = (documents, rowTokens, poolSize, seed);
        if (state is not null)
        {
            (_taken, _tooLong) = (state.Taken, state.TooLong);
            _pool.AddRange(state.Pool.Select(index => (index, documents.Read(index))));
        }
    }

    /// <summary>Where the packer stands.</summary>
    public PackerState State => new(_taken, [.. _pool.Select(entry => entry.Index)], _tooLong);

    /// <summary>The next row: ids and weights of exactly the row's length, the rest filled with id 0 and weight 0. The first token of
    /// each document has weight 0, for nothing before it foretells it.</summary>
    public (long[] Ids, float[] Weights) NextRow()
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
        long[] ids = new long[_rowTokens];
        float[] weights = new float[_rowTokens];
        int at = 0;
        foreach (SftDocument document in row)
        {
            for (int i = 0; i < document.Ids.Length; i++, at++)
            {
                ids[at] = document.Ids[i];
                weights[at] = i == 0 ? 0 : document.Weights[i];
            }
        }

        return (ids, weights);
    }

    private void Fill()
    {
        while (_pool.Count < _poolSize)
        {
            if (_tooLong >= _documents.Count)
            {
                throw new Runs.RecipeException($"Every document is longer than row_tokens ({_rowTokens}); raise it.");
            }

            int index = Index(_taken++);
            SftDocument document = _documents.Read(index);
            if (document.Ids.Length > _rowTokens)
            {
                _tooLong++;
                continue;
            }

            _pool.Add((index, document));
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
