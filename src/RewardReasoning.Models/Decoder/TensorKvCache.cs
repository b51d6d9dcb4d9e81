using TorchSharp;
using static TorchSharp.torch;

namespace RewardReasoning.Models.Decoder;

/// <summary>A sequence in a cache over all rows.</summary>
/// <param name="place">Its row.</param>
/// <param name="tokens">Kept so far.</param>
/// <param name="start">The first column that is not padding in front of it.</param>
internal sealed class TensorKvRow(int place, int tokens, int start) : KvRow
{
    public int Place { get; set; } = place;

    public int Tokens { get; set; } = tokens;

    public int Start { get; set; } = start;
}

/// <summary>Sequences in one cache of tensors in which all rows end at the same column. For one thread.</summary>
internal sealed class TensorKvCache : KvCache
{
    private const double LeastAlive = 0.6;
    private const int LeadingWorthACopy = 64;
    private const int SpareColumns = 64;

    private readonly List<TensorKvRow?> _rows = []; // null: over, its row still computed
    private int _count;
    private KvTensors? _cache;
    private Tensor? _mask; // [rows, columns] bool, true for columns to come; null where nothing is padded

    public override bool RowsAreIndependent => false;

    internal override IReadOnlyList<KvRow> Take(KvTensors cache, Tensor? keyMask, IReadOnlyList<long> prompts)
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor rows = tensor(prompts.ToArray(), device: cache.Device);
        if (prompts.Count != cache.Rows || prompts.Where((prompt, row) => prompt != row).Any())
        {
            cache.Select(rows);
        }

        Tensor? mask = keyMask?.index_select(0, rows);
        long[]? lengths = mask?.sum(1).cpu().data<long>().ToArray();
        TensorKvRow[] begun = [.. prompts.Select((_, i) => new TensorKvRow(i, (int)(lengths?[i] ?? cache.Length), start: 0))];
        if (_cache is not { } own)
        {
            _cache = cache;
            _mask = mask?.DetachFromDisposeScope();
            _rows.AddRange(begun); // padding in front of a row or within it is masked
        }
        else
        {
            using KvTensors taken = cache;
            if (taken.Length <= own.Length && begun.Length <= _rows.Count - _count)
            {
                Replace(own, taken, mask, begun);
            }
            else
            {
                Append(own, taken, mask, begun);
            }
        }

        _count += begun.Length;
        return begun;
    }

    public override Tensor Next(DecoderModel model, IReadOnlyList<KvRow> rows, IReadOnlyList<int> ids)
    {
        if (_count < _rows.Count * LeastAlive)
        {
            Compact();
        }

        if (_cache is not { } cache)
        {
            throw new InvalidOperationException("No sequence has begun.");
        }

        using DisposeScope scope = NewDisposeScope();
        long[] tokens = new long[_rows.Count];
        long[] positions = new long[_rows.Count];
        long[] places = new long[rows.Count];
        for (int i = 0; i < places.Length; i++)
        {
            TensorKvRow row = (TensorKvRow)rows[i];
            tokens[row.Place] = ids[i];
            positions[row.Place] = row.Tokens++;
            places[i] = row.Place;
        }

        Tensor hidden = model
            .HiddenCached(
                tensor(tokens, device: model.Device).unsqueeze(1),
                tensor(positions, device: model.Device).unsqueeze(1),
                MaskOfNextColumn(cache),
                cache
            )
            .squeeze(1); // [B, H]
        bool asTheyLie = places.Length == tokens.Length && !places.Where((place, i) => place != i).Any();
        return model.Logits(asTheyLie ? hidden : hidden.index_select(0, tensor(places, device: model.Device))).MoveToOuterDisposeScope();
    }

    public override void End(KvRow row)
    {
        _rows[((TensorKvRow)row).Place] = null;
        _count--;
        if (_count == 0)
        {
            Clear();
        }
    }

    public override void Clear()
    {
        _cache?.Dispose();
        _mask?.Dispose();
        (_cache, _mask, _count) = (null, null, 0);
        _rows.Clear();
    }

    internal override long TokensWith(int sequences, int promptLength) =>
        (_count + (long)sequences) * (Math.Max(_cache?.Length ?? 0, promptLength) + 1);

    /// <summary>Puts newcomers in the rows of finished sequences.</summary>
    private void Replace(KvTensors cache, KvTensors added, Tensor? addedMask, TensorKvRow[] begun)
    {
        int[] free = [.. Enumerable.Range(0, _rows.Count).Where(row => _rows[row] is null).Take(begun.Length)];
        Tensor rows = tensor(free.Select(row => (long)row).ToArray(), device: cache.Device);
        cache.Overwrite(rows, added);
        if (_mask is not null || addedMask is not null || added.Length < cache.Length)
        {
            Tensor mask = Padded(_mask, cache, cache.Length).clone();
            mask.index_copy_(0, rows, Padded(addedMask, added, cache.Length));
            _mask?.Dispose();
            _mask = mask.DetachFromDisposeScope();
        }

        foreach ((int place, TensorKvRow row) in free.Zip(begun))
        {
            (row.Place, row.Start) = (place, (int)(cache.Length - added.Length));
            _rows[place] = row;
        }

        if (_rows.OfType<TensorKvRow>().Min(row => row.Start) >= Math.Max(LeadingWorthACopy, cache.Length / 4))
        {
            Compact();
        }
    }

    /// <summary>Puts newcomers below the sequences that grow.</summary>
    private void Append(KvTensors cache, KvTensors added, Tensor? addedMask, TensorKvRow[] begun)
    {
        Compact();
        long length = Math.Max(cache.Length, added.Length);
        if (_mask is not null || addedMask is not null || cache.Length != added.Length)
        {
            Tensor mask = cat([Padded(_mask, cache, length), Padded(addedMask, added, length)], 0);
            _mask?.Dispose();
            _mask = mask.DetachFromDisposeScope();
        }

        foreach (TensorKvRow row in _rows.OfType<TensorKvRow>())
        {
            row.Start += (int)(length - cache.Length);
        }

        cache.Join(added);
        foreach (TensorKvRow row in begun)
        {
            (row.Place, row.Start) = (_rows.Count, (int)(length - added.Length));
            _rows.Add(row);
        }
    }

    /// <summary>Removes the rows of finished sequences, and columns that no other needs.</summary>
    private void Compact()
    {
        if (_cache is not { } cache)
        {
            return;
        }

        using DisposeScope scope = NewDisposeScope();
        TensorKvRow[] alive = [.. _rows.OfType<TensorKvRow>()];
        if (alive.Length < _rows.Count)
        {
            Tensor kept = tensor(alive.Select(row => (long)row.Place).ToArray(), device: cache.Device);
            cache.Select(kept);
            ReplaceMask(mask => mask.index_select(0, kept));
            _rows.Clear();
            _rows.AddRange(alive);
            foreach ((int place, TensorKvRow row) in alive.Index())
            {
                row.Place = place;
            }
        }

        int leading = alive.Min(row => row.Start);
        if (leading > 0)
        {
            cache.DropLeading(leading);
            ReplaceMask(mask => mask.narrow(1, leading, mask.shape[1] - leading).clone());
            Array.ForEach(alive, row => row.Start -= leading);
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

    private Tensor? MaskOfNextColumn(KvTensors cache)
    {
        if (_mask is { } mask && mask.shape[1] <= cache.Length)
        {
            ReplaceMask(old => cat([old, ones([old.shape[0], SpareColumns], dtype: ScalarType.Bool, device: old.device)], 1));
        }

        return _mask?.narrow(1, 0, cache.Length + 1);
    }

    private static Tensor Padded(Tensor? mask, KvTensors cache, long length)
    {
        Tensor own = mask?.narrow(1, 0, cache.Length) ?? ones([cache.Rows, cache.Length], dtype: ScalarType.Bool, device: cache.Device);
        return own.shape[1] == length
            ? own
            : cat([zeros([own.shape[0], length - own.shape[1]], dtype: ScalarType.Bool, device: own.device), own], 1);
    }
}
