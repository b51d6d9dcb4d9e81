using System.Collections.Concurrent;
using RewardReasoning.Models.Kernels;

namespace RewardReasoning.Models.Decoder;

/// <summary>
/// Shape of a page: keys and values of <see cref="Tokens"/> consecutive tokens of one sequence, for all layers, float32 on the processor.
/// </summary>
/// <remarks>
/// For each layer and key head a page holds the keys as [D, tokens], so that one instruction multiplies a query with several keys, then the
/// values as [tokens, D].
/// </remarks>
internal sealed class KvPageLayout(DecoderConfig config)
{
    public const int Tokens = RowKernels.PageTokens;

    public int Dimension { get; } = config.HeadDimension;

    public int KeyValueHeads { get; } = config.KeyValueHeadCount;

    public int Group { get; } = config.HeadCount / config.KeyValueHeadCount;

    public int Floats { get; } = config.LayerCount * config.KeyValueHeadCount * config.HeadDimension * 2 * Tokens;

    public int ValuesBehindKeys => Dimension * Tokens;

    /// <summary>Where a layer's and head's keys begin; its values follow at <see cref="ValuesBehindKeys"/>.</summary>
    public int Keys(int layer, int head) => ((layer * KeyValueHeads) + head) * Dimension * 2 * Tokens;

    /// <summary>Pages that a number of tokens fills.</summary>
    public static long PagesFor(long tokens) => (tokens + Tokens - 1) / Tokens;
}

/// <summary>Counts pages in use, and reuses those that were returned.</summary>
internal sealed class KvPagePool(KvPageLayout layout)
{
    private readonly ConcurrentBag<float[]> _free = [];
    private int _inUse;

    public KvPageLayout Layout => layout;

    public int InUse => _inUse;

    public float[] Rent()
    {
        _ = Interlocked.Increment(ref _inUse);

        // Pinned, since pages live long: the collector would copy each of them twice.
        return _free.TryTake(out float[]? page) ? page : GC.AllocateArray<float>(layout.Floats, pinned: true);
    }

    public void Return(float[] page)
    {
        _ = Interlocked.Decrement(ref _inUse);
        _free.Add(page);
    }
}

/// <summary>Keys and values of consecutive tokens. Written by one thread at a time; read by many once written.</summary>
/// <param name="pool">Where pages come from.</param>
/// <param name="users">Sequences that read them; when all have released them, the pages return to the pool.</param>
internal sealed class KvPages(KvPagePool pool, int users)
{
    private readonly List<float[]> _pages = [];
    private int _users = users;

    /// <summary>Tokens whose keys and values are complete.</summary>
    public int Length { get; private set; }

    public IReadOnlyList<float[]> Pages => _pages;

    /// <summary>
    /// Stores a token's key and value of one layer and head, for which there must be room; call <see cref="Advance"/> after its last layer.
    /// </summary>
    /// <param name="layer">Of the token.</param>
    /// <param name="head">Key and value head.</param>
    /// <param name="ahead">Distance from the last complete token; 0 is the next one.</param>
    /// <param name="key">[D], rotated to its position.</param>
    /// <param name="value">[D].</param>
    public void Write(int layer, int head, int ahead, ReadOnlySpan<float> key, ReadOnlySpan<float> value)
    {
        KvPageLayout layout = pool.Layout;
        int at = Length + ahead,
            place = at % KvPageLayout.Tokens;
        Span<float> page = _pages[at / KvPageLayout.Tokens].AsSpan(layout.Keys(layer, head));
        for (int i = 0; i < key.Length; i++)
        {
            page[(i * KvPageLayout.Tokens) + place] = key[i];
        }

        value.CopyTo(page[(layout.ValuesBehindKeys + (place * layout.Dimension))..]);
    }

    /// <summary>Makes room for more tokens, which <see cref="Write"/> needs.</summary>
    public void Reserve(int tokens)
    {
        while (_pages.Count < KvPageLayout.PagesFor(Length + tokens))
        {
            _pages.Add(pool.Rent());
        }
    }

    public void Advance(int tokens) => Length += tokens;

    /// <summary>One of the users is done with them.</summary>
    public void Release()
    {
        if (Interlocked.Decrement(ref _users) == 0)
        {
            _pages.ForEach(pool.Return);
            _pages.Clear();
        }
    }
}
