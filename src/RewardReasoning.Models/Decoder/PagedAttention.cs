using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using RewardReasoning.Models.Kernels;

namespace RewardReasoning.Models.Decoder;

/// <summary>
/// Attention of one new token in each of several sequences over their pages. The keys and values of a prompt are read once for a block of
/// the sequences behind it; the softmax over a sequence's own tokens continues where that over the prompt ended. Tokens are taken in runs
/// of a fixed length, so that a sequence gets the same numbers whoever shares its prompt.
/// </summary>
internal sealed unsafe class PagedAttention : IDisposable
{
    /// <summary>Tokens whose scores are held at once: they stay in the second cache with their queries.</summary>
    private const int RunTokens = 256;

    private const int QueriesOfBlock = 48;

    private readonly KvPageLayout _layout;
    private readonly RowKernels _kernels;
    private readonly Scratch[] _scratch;
    private readonly float _scale;
    private readonly int _rowsOfBlock;
    private readonly List<PagedKvRow> _rows = [];
    private readonly List<int[]> _blocks = []; // indices of rows behind one prompt

    public PagedAttention(KvPageLayout layout, RowKernels kernels, int threads)
    {
        (_layout, _kernels) = (layout, kernels);
        _scale = (float)(1 / Math.Sqrt(layout.Dimension));
        _rowsOfBlock = Math.Max(1, QueriesOfBlock / layout.Group);
        _scratch = [.. Enumerable.Range(0, threads).Select(_ => new Scratch(_rowsOfBlock * layout.Group, layout.Dimension))];
    }

    /// <summary>Whether heads of that size can be computed here: whole vectors of sixteen.</summary>
    public static bool Supports(DecoderConfig config) => config.HeadDimension % KvPageLayout.Tokens == 0;

    /// <summary>Parts of a layer, which threads may compute at the same time.</summary>
    public int Parts => _blocks.Count * _layout.KeyValueHeads;

    /// <summary>Makes room for a new token in each sequence.</summary>
    public void Begin(IReadOnlyList<PagedKvRow> rows)
    {
        _rows.Clear();
        _blocks.Clear();
        _rows.AddRange(rows);
        foreach (IGrouping<KvPages, int> behind in Enumerable.Range(0, rows.Count).GroupBy(row => rows[row].Prompt))
        {
            _blocks.AddRange(behind.Chunk(_rowsOfBlock));
        }

        foreach (PagedKvRow row in rows)
        {
            row.Own.Reserve(1);
        }
    }

    /// <summary>
    /// Takes up the new key and value of some sequences in one head, and mixes the values that their queries look at. Keys and queries come
    /// unturned.
    /// </summary>
    /// <param name="thread">Number of the thread that computes.</param>
    /// <param name="part">Below <see cref="Parts"/>.</param>
    /// <param name="layer">What all parts of the layer share.</param>
    public void Attend(int thread, int part, in AttentionLayer layer)
    {
        int[] block = _blocks[part / _layout.KeyValueHeads];
        int head = part % _layout.KeyValueHeads,
            group = _layout.Group,
            dimension = _layout.Dimension,
            keys = _layout.Keys(layer.Index, head);
        Scratch scratch = _scratch[thread];
        for (int i = 0; i < block.Length; i++)
        {
            Place(block[i], head, layer, scratch.Queries + (i * group * dimension), scratch);
        }

        int queries = block.Length * group;
        new Span<float>(scratch.Mixed, queries * dimension).Clear();
        scratch.Peaks.AsSpan(0, queries).Fill(float.NegativeInfinity);
        scratch.Totals.AsSpan(0, queries).Clear();
        KvPages prompt = _rows[block[0]].Prompt;
        Look(prompt.Pages, prompt.Length, keys, 0, queries, scratch);
        for (int i = 0; i < block.Length; i++)
        {
            KvPages own = _rows[block[i]].Own;
            Look(own.Pages, own.Length + 1, keys, i * group, group, scratch);
        }

        int width = _layout.KeyValueHeads * group * dimension;
        for (int query = 0; query < queries; query++)
        {
            float* mixed = scratch.Mixed + (query * dimension);
            _kernels.Scale(mixed, dimension, 1 / scratch.Totals[query]);
            float* to = layer.Mixed + ((nint)block[query / group] * width) + (((head * group) + (query % group)) * dimension);
            Buffer.MemoryCopy(mixed, to, dimension * sizeof(float), dimension * sizeof(float));
        }
    }

    /// <inheritdoc/>
    public void Dispose() => Array.ForEach(_scratch, scratch => scratch.Dispose());

    /// <summary>Norms and turns a sequence's queries and key of one head to their place, and stores the key with its value.</summary>
    private void Place(int index, int head, in AttentionLayer layer, float* queries, Scratch scratch)
    {
        PagedKvRow row = _rows[index];
        int dimension = _layout.Dimension,
            group = _layout.Group,
            heads = _layout.KeyValueHeads;
        nint place = (nint)row.Length * dimension;
        float* from = layer.QueryKeyValue + ((nint)index * heads * (group + 2) * dimension);
        for (int i = 0; i < group; i++)
        {
            Turn(from + (((head * group) + i) * dimension), layer.QueryNorm, _scale, queries + (i * dimension), layer);
        }

        float* key = from + (((heads * group) + head) * dimension);
        Turn(key, layer.KeyNorm, 1, scratch.Key, layer);
        float* value = key + (heads * dimension);
        row.Own.Write(layer.Index, head, 0, new ReadOnlySpan<float>(scratch.Key, dimension), new ReadOnlySpan<float>(value, dimension));

        void Turn(float* x, WeightMatrix? norm, float scale, float* to, in AttentionLayer layer)
        {
            if (norm is { } weight)
            {
                _kernels.Normalise(x, weight, layer.Epsilon, scratch.Normed);
                x = scratch.Normed;
            }

            _kernels.Rotate(x, layer.Cosine + place, layer.SignedSine + place, dimension, scale, to);
        }
    }

    /// <summary>Lets some queries look at the first tokens of some pages.</summary>
    private void Look(IReadOnlyList<float[]> pages, int tokens, int keys, int first, int count, Scratch scratch)
    {
        int dimension = _layout.Dimension;
        float* queries = scratch.Queries + (first * dimension);
        float* mixed = scratch.Mixed + (first * dimension);
        for (int from = 0; from < tokens; from += RunTokens)
        {
            int run = Math.Min(RunTokens, tokens - from),
                used = (int)KvPageLayout.PagesFor(run);
            Span<nint> at = scratch.Pages.AsSpan(0, used);
            for (int i = 0; i < used; i++)
            {
                // Pages are pinned.
                float[] page = pages[(from / KvPageLayout.Tokens) + i];
                at[i] = (nint)((float*)Unsafe.AsPointer(ref MemoryMarshal.GetArrayDataReference(page)) + keys);
            }

            _kernels.Score(queries, count, dimension, at, scratch.Scores, RunTokens);
            for (int i = 0; i < count; i++)
            {
                _kernels.Exponentiate(
                    scratch.Scores + (i * RunTokens),
                    run,
                    ref scratch.Peaks[first + i],
                    ref scratch.Totals[first + i],
                    mixed + (i * dimension),
                    dimension
                );
            }

            for (int i = 0; i < used; i++)
            {
                at[i] += _layout.ValuesBehindKeys * sizeof(float);
            }

            _kernels.Mix(scratch.Scores, RunTokens, count, at, run, dimension, mixed);
        }
    }

    /// <summary>Room of one thread.</summary>
    private sealed class Scratch : IDisposable
    {
        private readonly AlignedFloats _room = new();

        public Scratch(int queries, int dimension)
        {
            int block = queries * dimension;
            Queries = _room.For((2L * block) + ((long)queries * RunTokens) + (2L * dimension));
            Mixed = Queries + block;
            Scores = Mixed + block;
            Key = Scores + (queries * RunTokens);
            Normed = Key + dimension;
            (Peaks, Totals, Pages) = (new float[queries], new float[queries], new nint[RunTokens / KvPageLayout.Tokens]);
        }

        /// <summary>[queries, D].</summary>
        public float* Queries { get; }

        /// <summary>[queries, D].</summary>
        public float* Mixed { get; }

        /// <summary>[queries, tokens of a run].</summary>
        public float* Scores { get; }

        /// <summary>[D].</summary>
        public float* Key { get; }

        /// <summary>[D].</summary>
        public float* Normed { get; }

        public float[] Peaks { get; }

        public float[] Totals { get; }

        public nint[] Pages { get; }

        public void Dispose() => _room.Dispose();
    }
}

/// <summary>What the parts of one layer's attention share.</summary>
internal readonly unsafe struct AttentionLayer
{
    public required int Index { get; init; }

    /// <summary>[rows, (heads + 2 · kv heads) · D].</summary>
    public required float* QueryKeyValue { get; init; }

    /// <summary>[rows, heads · D], the result.</summary>
    public required float* Mixed { get; init; }

    /// <summary>[positions, D], as far as the longest sequence.</summary>
    public required float* Cosine { get; init; }

    /// <summary>Like the cosine; see <see cref="RotaryEmbedding"/>.</summary>
    public required float* SignedSine { get; init; }

    public required WeightMatrix? QueryNorm { get; init; }

    public required WeightMatrix? KeyNorm { get; init; }

    public required double Epsilon { get; init; }
}
