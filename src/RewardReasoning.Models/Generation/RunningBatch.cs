using RewardReasoning.Models.Decoder;

using TorchSharp;

using static TorchSharp.torch;

namespace RewardReasoning.Models.Generation;

/// <summary>The sequences that grow by one token a step, over one cache in which all rows end at the same column. Use it without gradients.</summary>
internal sealed class RunningBatch(DecoderModel model) : IDisposable
{
    private const double LeastAlive = 0.6;
    private const int LeadingWorthACopy = 64;
    private const int SpareColumns = 64;

    private readonly List<Sequence?> _rows = []; // null: over, its row still computed
    private readonly List<int> _starts = []; // first column that is not padding
    private KeyValueCache? _cache;
    private Tensor? _mask; // [rows, columns] bool, true for columns to come; null where nothing is padded

    /// <summary>Sequences that grow.</summary>
    public int Count { get; private set; }

    /// <summary>Columns of the cache.</summary>
    public int Length => (int)(_cache?.Length ?? 0);

    /// <summary>What grows, oldest first.</summary>
    public IEnumerable<Sequence> Sequences => _rows.OfType<Sequence>();

    /// <summary>Takes over the rows of computed prompts whose sequences go on.</summary>
    public void Join(PromptBatch prompts)
    {
        int[] going = [.. Enumerable.Range(0, prompts.Sequences.Count).Where(i => !prompts.Sequences[i].IsOver)];
        if (going.Length == 0)
        {
            return;
        }

        using DisposeScope scope = NewDisposeScope();
        KeyValueCache added = prompts.Cache;
        Tensor rows = tensor(going.Select(i => prompts.RowOf[i]).ToArray(), device: model.Device);
        if (going.Length != prompts.Rows || going.Where((i, row) => prompts.RowOf[i] != row).Any())
        {
            added.Select(rows);
        }

        Tensor? addedMask = prompts.KeyMask?.index_select(0, rows);
        Sequence[] sequences = [.. going.Select(i => prompts.Sequences[i])];
        if (_cache is not { } cache)
        {
            _cache = prompts.TakeCache();
            _mask = addedMask?.DetachFromDisposeScope();
            AddRows(sequences, start: 0); // padding in front of a row or within it is masked
        }
        else if (added.Length <= cache.Length && sequences.Length <= _rows.Count - Count)
        {
            Replace(cache, added, addedMask, sequences);
        }
        else
        {
            Append(cache, added, addedMask, sequences);
        }

        Count += sequences.Length;
    }

    /// <summary>Computes the next token of every sequence.</summary>
    public void Step()
    {
        if (_cache is not { } cache)
        {
            throw new InvalidOperationException("The batch is empty.");
        }

        using DisposeScope scope = NewDisposeScope();
        long[] ids = new long[_rows.Count];
        long[] positions = new long[_rows.Count];
        for (int row = 0; row < ids.Length; row++)
        {
            if (_rows[row] is { } sequence)
            {
                ids[row] = sequence.Tokens[^1];
                positions[row] = sequence.Tokens.Count - 1;
            }
        }

        Tensor hidden = model.HiddenCached(
            tensor(ids, device: model.Device).unsqueeze(1), tensor(positions, device: model.Device).unsqueeze(1), MaskOfNextColumn(cache), cache); // [B, 1, H]
        StepScores scores = new(model.Logits(hidden.squeeze(1)), _rows);
        for (int row = 0; row < ids.Length; row++)
        {
            if (_rows[row] is { IsOver: false } sequence)
            {
                sequence.Advance(scores, row);
            }
        }

        DropFinished();
    }

    /// <summary>Lets go of sequences that are over.</summary>
    public void DropFinished()
    {
        for (int row = 0; row < _rows.Count; row++)
        {
            if (_rows[row] is { IsOver: true })
            {
                _rows[row] = null;
                Count--;
            }
        }

        if (Count == 0)
        {
            Clear();
        }
        else if (Count < _rows.Count * LeastAlive)
        {
            Compact();
        }
    }

    /// <summary>Lets go of the sequence that came last; its tokens so far stay with it.</summary>
    public Sequence RemoveYoungest()
    {
        int row = _rows.FindLastIndex(row => row is not null);
        Sequence sequence = _rows[row] ?? throw new InvalidOperationException("The batch is empty.");
        _rows[row] = null;
        Count--;
        return sequence;
    }

    /// <summary>Lets go of everything.</summary>
    public void Clear()
    {
        _cache?.Dispose();
        _mask?.Dispose();
        (_cache, _mask, Count) = (null, null, 0);
        _rows.Clear();
        _starts.Clear();
    }

    /// <inheritdoc/>
    public void Dispose() => Clear();

    /// <summary>Puts newcomers in the rows of finished sequences.</summary>
    private void Replace(KeyValueCache cache, KeyValueCache added, Tensor? addedMask, Sequence[] sequences)
    {
        int[] free = [.. Enumerable.Range(0, _rows.Count).Where(row => _rows[row] is null).Take(sequences.Length)];
        Tensor rows = tensor(free.Select(row => (long)row).ToArray(), device: model.Device);
        cache.Overwrite(rows, added);
        if (_mask is not null || addedMask is not null || added.Length < cache.Length)
        {
            Tensor mask = Padded(_mask, cache, cache.Length).clone();
            mask.index_copy_(0, rows, Padded(addedMask, added, cache.Length));
            _mask?.Dispose();
            _mask = mask.DetachFromDisposeScope();
        }

        foreach ((int row, Sequence sequence) in free.Zip(sequences))
        {
            _rows[row] = sequence;
            _starts[row] = Length - (int)added.Length;
        }

        if (_starts.Where((_, row) => _rows[row] is not null).Min() >= Math.Max(LeadingWorthACopy, Length / 4))
        {
            Compact();
        }
    }

    /// <summary>Puts newcomers below the sequences that grow.</summary>
    private void Append(KeyValueCache cache, KeyValueCache added, Tensor? addedMask, Sequence[] sequences)
    {
        Compact();
        long length = Math.Max(cache.Length, added.Length);
        if (_mask is not null || addedMask is not null || cache.Length != added.Length)
        {
            Tensor mask = cat([Padded(_mask, cache, length), Padded(addedMask, added, length)], 0);
            _mask?.Dispose();
            _mask = mask.DetachFromDisposeScope();
        }

        for (int row = 0; row < _starts.Count; row++)
        {
            _starts[row] += (int)(length - cache.Length);
        }

        cache.Join(added);
        AddRows(sequences, (int)(length - added.Length));
    }

    private void AddRows(Sequence[] sequences, int start)
    {
        _rows.AddRange(sequences);
        _starts.AddRange(sequences.Select(_ => start));
    }

    /// <summary>Removes the rows of finished sequences, and columns that no other needs.</summary>
    private void Compact()
    {
        if (_cache is not { } cache)
        {
            return;
        }

        using DisposeScope scope = NewDisposeScope();
        int[] alive = [.. Enumerable.Range(0, _rows.Count).Where(row => _rows[row] is not null)];
        int leading = alive.Min(row => _starts[row]);
        if (alive.Length < _rows.Count)
        {
            Tensor kept = tensor(alive.Select(row => (long)row).ToArray(), device: model.Device);
            cache.Select(kept);
            ReplaceMask(mask => mask.index_select(0, kept));
            Sequence?[] rows = [.. alive.Select(row => _rows[row])];
            int[] starts = [.. alive.Select(row => _starts[row])];
            _rows.Clear();
            _starts.Clear();
            _rows.AddRange(rows);
            _starts.AddRange(starts);
        }

        if (leading > 0)
        {
            cache.DropLeading(leading);
            ReplaceMask(mask => mask.narrow(1, leading, mask.shape[1] - leading).clone());
            for (int row = 0; row < _starts.Count; row++)
            {
                _starts[row] -= leading;
            }
        }
    }

    private void ReplaceMask(Func<Tensor, Tensor> change)
    {
        if (_mask is { } mask)
        {
            _mask = change(mask).DetachFromDisposeScope();
            mask.Dispose();
        }
    }

    private Tensor? MaskOfNextColumn(KeyValueCache cache)
    {
        if (_mask is { } mask && mask.shape[1] <= cache.Length)
        {
            ReplaceMask(old => cat([old, ones([old.shape[0], SpareColumns], dtype: ScalarType.Bool, device: model.Device)], 1));
        }

        return _mask?.narrow(1, 0, cache.Length + 1);
    }

    private Tensor Padded(Tensor? mask, KeyValueCache cache, long length)
    {
        Tensor own = mask?.narrow(1, 0, cache.Length) ?? ones([cache.Rows, cache.Length], dtype: ScalarType.Bool, device: model.Device);
        return own.shape[1] == length ? own : cat([zeros([own.shape[0], length - own.shape[1]], dtype: ScalarType.Bool, device: model.Device), own], 1);
    }
}
