using RewardReasoning.Models.Tensors;
using TorchSharp;
using static TorchSharp.torch;

namespace RewardReasoning.Models.Decoder;

/// <summary>A sequence in pages: those of its prompt, shared with others, then its own.</summary>
internal sealed class PagedKvRow(KvPages prompt, KvPages own) : KvRow
{
    public KvPages Prompt => prompt;

    public KvPages Own => own;

    /// <summary>Tokens stored, those of the prompt included.</summary>
    public int Length => prompt.Length + own.Length;
}

/// <summary>A KV cache in pages on the processor. Released pages are reused by later sequences.</summary>
internal sealed class PagedKvCache(DecoderConfig config) : KvCache
{
    private KvPagePool _pool = new(new KvPageLayout(config));
    private int _rows;

    public override bool RowsAreIndependent => true;

    internal override IReadOnlyList<KvRow> Take(KvTensors cache, Tensor? keyMask, IReadOnlyList<long> prompts)
    {
        using DisposeScope scope = NewDisposeScope();
        using KvTensors taken = cache;
        bool[]? real = keyMask?.cpu().data<bool>().ToArray();
        int length = (int)taken.Length;
        Dictionary<long, (KvPages Pages, int[] Columns)> pages = prompts
            .GroupBy(prompt => prompt)
            .ToDictionary(
                group => group.Key,
                group =>
                    (
                        new KvPages(_pool, group.Count()),
                        Enumerable.Range(0, length).Where(column => real?[(group.Key * length) + column] ?? true).ToArray()
                    )
            );
        foreach ((KvPages to, int[] columns) in pages.Values)
        {
            to.Reserve(columns.Length);
        }

        for (int layer = 0; layer < config.LayerCount; layer++)
        {
            using DisposeScope one = NewDisposeScope();
            (Tensor keys, Tensor values) = taken.Kept(layer); // [P, kv heads, length, D]
            ReadOnlySpan<float> keyNumbers = keys.Floats(),
                valueNumbers = values.Floats();
            foreach ((long prompt, (KvPages to, int[] columns)) in pages)
            {
                CopyPrompt(layer, (int)prompt * config.KeyValueHeadCount * length, length, columns, keyNumbers, valueNumbers, to);
            }
        }

        foreach ((KvPages to, int[] columns) in pages.Values)
        {
            to.Advance(columns.Length);
        }

        _ = Interlocked.Add(ref _rows, prompts.Count);
        return [.. prompts.Select(prompt => new PagedKvRow(pages[prompt].Pages, new KvPages(_pool, users: 1)))];
    }

    public override Tensor Next(DecoderModel model, IReadOnlyList<KvRow> rows, IReadOnlyList<int> ids)
    {
        PagedKvRow[] paged = [.. rows.Cast<PagedKvRow>()];
        Tensor logits = model.NextPaged(ids, paged);
        Array.ForEach(paged, row => row.Own.Advance(1));
        return logits;
    }

    public override void End(KvRow row)
    {
        _ = Interlocked.Decrement(ref _rows);
        PagedKvRow paged = (PagedKvRow)row;
        paged.Prompt.Release();
        paged.Own.Release();
    }

    /// <summary>Pages of rows that were not ended are left to the garbage collector.</summary>
    public override void Clear()
    {
        _rows = 0;
        if (_pool.InUse > 0)
        {
            _pool = new KvPagePool(_pool.Layout);
        }
    }

    internal override long TokensWith(int sequences, int promptLength) =>
        KvPageLayout.Tokens * (_pool.InUse + _rows + (sequences * (KvPageLayout.PagesFor(promptLength) + 1)));

    private void CopyPrompt(int layer, int row, int length, int[] columns, ReadOnlySpan<float> keys, ReadOnlySpan<float> values, KvPages to)
    {
        int dimension = config.HeadDimension;
        for (int head = 0; head < config.KeyValueHeadCount; head++)
        {
            for (int token = 0; token < columns.Length; token++)
            {
                int at = (row + (head * length) + columns[token]) * dimension;
                to.Write(layer, head, token, keys.Slice(at, dimension), values.Slice(at, dimension));
            }
        }
    }
}
