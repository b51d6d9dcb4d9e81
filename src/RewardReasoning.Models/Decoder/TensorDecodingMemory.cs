using TorchSharp;
using static TorchSharp.torch;

namespace RewardReasoning.Models.Decoder;

/// <summary>A sequence in a cache over all rows.</summary>
internal sealed class TensorRow(int promptLength) : DecodingRow
{
    public int Tokens { get; set; } = promptLength;

    internal override int Length => Tokens;
}

/// <summary>Sequences in one cache of tensors, padded to one length. Rows that are over are dropped once a quarter of them is.</summary>
internal sealed class TensorDecodingMemory : DecodingMemory
{
    private const double ShrinkBelow = 0.75;

    private readonly List<TensorRow> _rows = [];
    private KeyValueCache? _cache;
    private Tensor? _keyMask; // [rows, columns] bool, true for columns to come

    public override bool RowsAreIndependent => false;

    public override (Tensor Hidden, IReadOnlyList<DecodingRow> Rows) Begin(DecoderModel model, IReadOnlyList<int[]> prompts, int repeats, int room)
    {
        Clear();
        using DisposeScope scope = NewDisposeScope();
        _cache = new KeyValueCache(model.Config, prompts.Max(prompt => prompt.Length) + room);
        (Tensor hidden, Tensor keyMask) = Prefill(model, prompts, room, _cache);
        _cache.Repeat(repeats);
        _keyMask = keyMask.repeat_interleave(repeats, 0).DetachFromDisposeScope();
        _rows.AddRange(prompts.SelectMany(prompt => Enumerable.Range(0, repeats).Select(_ => new TensorRow(prompt.Length))));
        return (hidden.MoveToOuterDisposeScope(), [.. _rows]);
    }

    public override Tensor Next(DecoderModel model, IReadOnlyList<DecodingRow> rows, IReadOnlyList<int> ids)
    {
        if (_cache is not { } cache || _keyMask is not { } keyMask)
        {
            throw new InvalidOperationException("No sequence has begun.");
        }

        using DisposeScope scope = NewDisposeScope();
        if (rows.Count < _rows.Count * ShrinkBelow)
        {
            HashSet<DecodingRow> going = [.. rows];
            Tensor kept = tensor(Enumerable.Range(0, _rows.Count).Where(i => going.Contains(_rows[i])).Select(i => (long)i).ToArray(), device: model.Device);
            cache.Select(kept);
            _keyMask = keyMask.index_select(0, kept).DetachFromDisposeScope();
            keyMask.Dispose();
            keyMask = _keyMask;
            _ = _rows.RemoveAll(row => !going.Contains(row));
        }

        Dictionary<DecodingRow, int> next = rows.Zip(ids).ToDictionary(pair => pair.First, pair => pair.Second);
        long[] tokens = [.. _rows.Select(row => (long)next.GetValueOrDefault(row))];
        long[] positions = [.. _rows.Select(row => (long)row.Tokens++)];
        Tensor hidden = model.HiddenCached(
            tensor(tokens, device: model.Device).unsqueeze(1), tensor(positions, device: model.Device).unsqueeze(1), keyMask.narrow(1, 0, cache.Length + 1), cache);
        long[] wanted = [.. Enumerable.Range(0, _rows.Count).Where(i => next.ContainsKey(_rows[i])).Select(i => (long)i)];
        return hidden.squeeze(1).index_select(0, tensor(wanted, device: model.Device)).MoveToOuterDisposeScope();
    }

    public override void End(DecodingRow row)
    {
    }

    public override void Clear()
    {
        _cache?.Dispose();
        _keyMask?.Dispose();
        (_cache, _keyMask) = (null, null);
        _rows.Clear();
    }
}
