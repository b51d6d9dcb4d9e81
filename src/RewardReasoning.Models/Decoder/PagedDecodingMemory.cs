using System.Runtime.InteropServices;
using TorchSharp;
using static TorchSharp.torch;

namespace RewardReasoning.Models.Decoder;

/// <summary>A sequence in pages: those of its prompt, which others share, then its own.</summary>
internal sealed class PagedRow(TokenPages prompt, TokenPages own) : DecodingRow
{
    public TokenPages Prompt => prompt;

    public TokenPages Own => own;

    /// <summary>Tokens kept, those of the prompt included.</summary>
    public int Length => prompt.Length + own.Length;
}

/// <summary>Sequences in pages on the processor. Pages that were let go are kept for the sequences that come next.</summary>
internal sealed class PagedDecodingMemory(DecoderConfig config) : DecodingMemory
{
    private PagePool _pool = new(new PageLayout(config));
    private int _rows;

    public override bool RowsAreIndependent => true;

    internal override IReadOnlyList<DecodingRow> Take(KeyValueCache cache, Tensor? keyMask, IReadOnlyList<long> prompts)
    {
        using DisposeScope scope = NewDisposeScope();
        using KeyValueCache taken = cache;
        bool[]? real = keyMask?.cpu().data<bool>().ToArray();
        int length = (int)taken.Length;
        Dictionary<long, (TokenPages Pages, int[] Columns)> pages = prompts
            .GroupBy(prompt => prompt)
            .ToDictionary(
                group => group.Key,
                group =>
                    (
                        new TokenPages(_pool, group.Count()),
                        Enumerable.Range(0, length).Where(column => real?[(group.Key * length) + column] ?? true).ToArray()
                    )
            );
        for (int layer = 0; layer < config.LayerCount; layer++)
        {
            using DisposeScope one = NewDisposeScope();
            (Tensor keys, Tensor values) = taken.Kept(layer); // [P, kv heads, length, D]
            ReadOnlySpan<float> keyNumbers = Floats(keys),
                valueNumbers = Floats(values);
            foreach ((long prompt, (TokenPages to, int[] columns)) in pages)
            {
                CopyPrompt(layer, (int)prompt * config.KeyValueHeadCount * length, length, columns, keyNumbers, valueNumbers, to);
            }
        }

        foreach ((TokenPages to, int[] columns) in pages.Values)
        {
            to.Advance(columns.Length);
        }

        _ = Interlocked.Add(ref _rows, prompts.Count);
        return [.. prompts.Select(prompt => new PagedRow(pages[prompt].Pages, new TokenPages(_pool, users: 1)))];
    }

    public override Tensor Next(DecoderModel model, IReadOnlyList<DecodingRow> rows, IReadOnlyList<int> ids)
    {
        PagedRow[] paged = [.. rows.Cast<PagedRow>()];
        Tensor hidden = model.HiddenPaged([.. ids.Select(id => (long)id)], paged, _pool.Layout);
        Array.ForEach(paged, row => row.Own.Advance(1));
        return hidden;
    }

    public override void End(DecodingRow row)
    {
        _ = Interlocked.Decrement(ref _rows);
        PagedRow paged = (PagedRow)row;
        paged.Prompt.Release();
        paged.Own.Release();
    }

    /// <summary>Rows that were not ended leave their pages to the garbage collector.</summary>
    public override void Clear()
    {
        _rows = 0;
        if (_pool.InUse > 0)
        {
            _pool = new PagePool(_pool.Layout);
        }
    }

    internal override long TokensWith(int sequences, int promptLength) =>
        PageLayout.Tokens * (_pool.InUse + _rows + (sequences * (PageLayout.PagesFor(promptLength) + 1)));

    private void CopyPrompt(
        int layer,
        int row,
        int length,
        int[] columns,
        ReadOnlySpan<float> keys,
        ReadOnlySpan<float> values,
        TokenPages to
    )
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

    private static ReadOnlySpan<float> Floats(Tensor x) => MemoryMarshal.Cast<byte, float>(x.to(ScalarType.Float32).contiguous().bytes);
}
