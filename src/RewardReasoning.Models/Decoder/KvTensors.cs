using TorchSharp;
using static TorchSharp.torch;

namespace RewardReasoning.Models.Decoder;

/// <summary>
/// Keys and values of the tokens a batch has seen, per layer [B, kv heads, capacity, D]; the capacity grows by doubling. Belongs to one
/// thread; use it without gradients.
/// </summary>
/// <remarks>All rows have the same length: shorter ones are padded on the left, and the caller's key mask hides the padding.</remarks>
internal sealed class KvTensors : ILayerCache, IDisposable
{
    private readonly Tensor?[] _keys;
    private readonly Tensor?[] _values;
    private long _capacity;

    /// <param name="config">The model.</param>
    /// <param name="capacity">Tokens to allocate at first; prompt plus expected completion saves copies.</param>
    public KvTensors(DecoderConfig config, long capacity = 64)
        : this(config.LayerCount, capacity) { }

    private KvTensors(int layers, long capacity)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(capacity);
        _keys = new Tensor?[layers];
        _values = new Tensor?[layers];
        _capacity = capacity;
    }

    /// <summary>Tokens stored per row, padding included.</summary>
    public long Length { get; private set; }

    /// <summary>Device of keys and values, once there are some.</summary>
    public Device Device => _keys[0]?.device ?? throw new InvalidOperationException("The cache is empty.");

    /// <summary>Rows, 0 before the first tokens.</summary>
    public long Rows => _keys[0]?.shape[0] ?? 0;

    /// <summary>Selects rows in the given order; a row named twice is copied (one prompt, several completions).</summary>
    /// <param name="rows">[rows] int64.</param>
    public void Select(Tensor rows) => Replace(kept => kept.index_select(0, rows), Length);

    /// <summary>A cache of its own with the first <paramref name="length"/> tokens of every row.</summary>
    /// <param name="length">At most <see cref="Length"/>.</param>
    /// <param name="capacity">Tokens that the copy allocates at first.</param>
    public KvTensors CopyFirst(long length, long capacity)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(length, Length);
        KvTensors copy = new(_keys.Length, Math.Max(capacity, length));
        using DisposeScope scope = NewDisposeScope();
        for (int layer = 0; layer < _keys.Length; layer++)
        {
            if (_keys[layer] is { } keys && _values[layer] is { } values)
            {
                copy.Store(copy._keys, layer, keys.narrow(2, 0, length), length);
                copy.Store(copy._values, layer, values.narrow(2, 0, length), length);
            }
        }

        copy.Length = length;
        return copy;
    }

    /// <summary>Forgets all but the first <paramref name="length"/> tokens of every row.</summary>
    public void Truncate(long length)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(length);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(length, Length);
        Length = length;
    }

    /// <summary>
    /// Forgets the first <paramref name="count"/> tokens of every row: columns that hold only padding once the longest row has left.
    /// </summary>
    public void DropLeading(long count)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(count);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(count, Length);
        Replace(kept => kept.narrow(2, count, Length - count), Length - count);
    }

    /// <summary>Adds the rows of another cache below these. The shorter one is padded on the left with zeros; mask the padding.</summary>
    public void Join(KvTensors other)
    {
        if (Rows == 0 || other.Rows == 0)
        {
            throw new InvalidOperationException("Caches can be joined once both hold tokens.");
        }

        long length = Math.Max(Length, other.Length);
        long mine = Length;
        using DisposeScope scope = NewDisposeScope();
        for (int layer = 0; layer < _keys.Length; layer++)
        {
            JoinOne(_keys, other._keys, layer);
            JoinOne(_values, other._values, layer);
        }

        Length = length;

        void JoinOne(Tensor?[] own, Tensor?[] others, int layer)
        {
            if (own[layer] is { } upper && others[layer] is { } lower)
            {
                Tensor above = PadLeft(upper.narrow(2, 0, mine), length),
                    below = PadLeft(lower.narrow(2, 0, other.Length), length);
                Store(own, layer, cat([above, below], 0), length);
            }
        }
    }

    /// <summary>
    /// Puts the rows of another, not longer cache in the place of some of these, their ends together. What was in front of them there stays
    /// and means nothing; mask it. Costs a copy of the other alone.
    /// </summary>
    /// <param name="rows">[rows of other] int64.</param>
    /// <param name="other">Unchanged.</param>
    public void Overwrite(Tensor rows, KvTensors other)
    {
        if (other.Length > Length || rows.shape[0] != other.Rows)
        {
            throw new ArgumentException(
                $"{other.Rows} rows of {other.Length} tokens cannot replace {rows.shape[0]} rows of {Length}; the number of rows must be "
                    + "the same and they must not be longer.",
                nameof(other)
            );
        }

        using DisposeScope scope = NewDisposeScope();
        foreach ((Tensor?[] own, Tensor?[] others) in new[] { (_keys, other._keys), (_values, other._values) })
        {
            foreach ((Tensor? upper, Tensor? lower) in own.Zip(others))
            {
                if (upper is not null && lower is not null)
                {
                    upper.narrow(2, Length - other.Length, other.Length).index_copy_(0, rows, lower.narrow(2, 0, other.Length));
                }
            }
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (Tensor? tensor in _keys.Concat(_values))
        {
            tensor?.Dispose();
        }
    }

    /// <summary>
    /// Appends new tokens [B, kv heads, T, D] of one layer and returns all of them; call <see cref="Advance"/> after the last
    /// layer.
    /// </summary>
    (Tensor Keys, Tensor Values) ILayerCache.Append(int layer, Tensor keys, Tensor values)
    {
        long added = keys.shape[2];
        return (AppendOne(_keys, layer, keys, added), AppendOne(_values, layer, values, added));
    }

    internal void Advance(long added) => Length += added;

    /// <summary>Keys and values of a layer, each [B, kv heads, length, D]; views.</summary>
    internal (Tensor Keys, Tensor Values) Kept(int layer) =>
        _keys[layer] is { } keys && _values[layer] is { } values
            ? (keys.narrow(2, 0, Length), values.narrow(2, 0, Length))
            : throw new InvalidOperationException("The cache is empty.");

    private static Tensor PadLeft(Tensor kept, long length)
    {
        long[] shape = kept.shape;
        shape[2] = length - shape[2];
        return shape[2] == 0 ? kept : cat([zeros(shape, dtype: kept.dtype, device: kept.device), kept], 2);
    }

    private Tensor AppendOne(Tensor?[] slots, int layer, Tensor added, long count)
    {
        long length = Length + count;
        Tensor? room = slots[layer];
        if (room is null || room.shape[2] < length)
        {
            while (_capacity < length)
            {
                _capacity *= 2;
            }

            using DisposeScope scope = NewDisposeScope();
            long[] shape = added.shape;
            shape[2] = _capacity;
            Tensor larger = zeros(shape, dtype: added.dtype, device: added.device);
            if (room is not null)
            {
                larger.narrow(2, 0, Length).copy_(room.narrow(2, 0, Length));
                room.Dispose();
            }

            room = larger.DetachFromDisposeScope();
            slots[layer] = room;
        }

        room.narrow(2, Length, count).copy_(added);
        return room.narrow(2, 0, length);
    }

    private void Replace(Func<Tensor, Tensor> change, long length)
    {
        using DisposeScope scope = NewDisposeScope();
        foreach (Tensor?[] slots in new[] { _keys, _values })
        {
            for (int layer = 0; layer < slots.Length; layer++)
            {
                if (slots[layer] is { } room)
                {
                    Store(slots, layer, change(room.narrow(2, 0, Length)), length);
                }
            }
        }

        Length = length;
    }

    /// <summary>Copies keys or values into a tensor of the full capacity.</summary>
    private void Store(Tensor?[] slots, int layer, Tensor kept, long length)
    {
        long[] shape = kept.shape;
        shape[2] = Math.Max(_capacity, length);
        Tensor room = zeros(shape, dtype: kept.dtype, device: kept.device);
        room.narrow(2, 0, length).copy_(kept);
        slots[layer]?.Dispose();
        slots[layer] = room.DetachFromDisposeScope();
    }
}
