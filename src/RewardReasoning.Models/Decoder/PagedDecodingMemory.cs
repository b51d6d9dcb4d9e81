using System.Runtime.InteropServices;
using TorchSharp;
using static TorchSharp.torch;

namespace RewardReasoning.Models.Decoder;

/// <summary>A sequence in pages: those of its prompt, which others share, then its own.</summary>
internal sealed class PagedRow(TokenPages prompt, TokenPages own) : DecodingRow
{
    public TokenPages Prompt => prompt;

    public TokenPages Own => own;

    internal override int Length => prompt.Length + own.Length;
}

/// <summary>Sequences in pages on the processor. Pages that were let go are kept for the sequences that come next.</summary>
internal sealed class PagedDecodingMemory(DecoderConfig config) : DecodingMemory
{
    private readonly PagePool _pool = new(new PageLayout(config));
    private readonly List<TokenPages> _kept = [];

    public override bool RowsAreIndependent => true;

    public override (Tensor Hidden, IReadOnlyList<DecodingRow> Rows) Begin(DecoderModel model, IReadOnlyList<int[]> prompts, int repeats, int room)
    {
        using DisposeScope scope = NewDisposeScope();
        using KeyValueCache cache = new(config, prompts.Max(prompt => prompt.Length));
        Tensor hidden = Prefill(model, prompts, room: 0, cache).Hidden;
        TokenPages[] pages = [.. prompts.Select(_ => new TokenPages(_pool))];
        for (int layer = 0; layer < config.LayerCount; layer++)
        {
            (Tensor keys, Tensor values) = cache.Kept(layer); // [P, kv heads, longest, D]
            CopyLayer(layer, prompts, Floats(keys), Floats(values), (int)cache.Length, pages);
        }

        foreach ((TokenPages prompt, int[] ids) in pages.Zip(prompts))
        {
            prompt.Advance(ids.Length);
        }

        PagedRow[] rows = [.. pages.SelectMany(prompt => Enumerable.Range(0, repeats).Select(_ => new PagedRow(prompt, new TokenPages(_pool))))];
        lock (_kept)
        {
            _kept.AddRange(pages);
            _kept.AddRange(rows.Select(row => row.Own));
        }

        return (hidden.MoveToOuterDisposeScope(), rows);
    }

    public override Tensor Next(DecoderModel model, IReadOnlyList<DecodingRow> rows, IReadOnlyList<int> ids)
    {
        PagedRow[] paged = [.. rows.Cast<PagedRow>()];
        Tensor hidden = model.HiddenPaged([.. ids.Select(id => (long)id)], paged, _pool.Layout);
        Array.ForEach(paged, row => row.Own.Advance(1));
        return hidden;
    }

    public override void End(DecodingRow row) => ((PagedRow)row).Own.Release();

    public override void Clear()
    {
        _kept.ForEach(pages => pages.Release());
        _kept.Clear();
    }

    private void CopyLayer(int layer, IReadOnlyList<int[]> prompts, ReadOnlySpan<float> keys, ReadOnlySpan<float> values, int longest, TokenPages[] pages)
    {
        int dimension = config.HeadDimension;
        for (int prompt = 0; prompt < prompts.Count; prompt++)
        {
            for (int head = 0; head < config.KeyValueHeadCount; head++)
            {
                int row = ((prompt * config.KeyValueHeadCount) + head) * longest, pad = longest - prompts[prompt].Length;
                for (int token = 0; token < prompts[prompt].Length; token++)
                {
                    int at = (row + pad + token) * dimension;
                    pages[prompt].Write(layer, head, token, keys.Slice(at, dimension), values.Slice(at, dimension));
                }
            }
        }
    }

    private static ReadOnlySpan<float> Floats(Tensor x) => MemoryMarshal.Cast<byte, float>(x.to(ScalarType.Float32).contiguous().bytes);
}
