using System.Collections.Concurrent;

namespace RewardReasoning.Models.Decoder;

/// <summary>
/// Shape of a page: keys and values of <see cref="Tokens"/> consecutive tokens of one sequence, for all layers, float32 on the processor.
/// </summary>
/// <remarks>
/// For each layer and key head a page holds the keys as [D, tokens], so that a query meets eight keys in one instruction, then the values
/// as
/// [tokens, D].
/// </remarks>
internal sealed class KvPageLayout(DecoderConfig config)
{
    public const int Tokens = 16;

    public int Dimension { get; } = config.HeadDimension;

    public int KeyValueHeads { get; } = config.KeyValueHeadCount;

    public int Group { get; } = config.HeadCount / config.KeyValueHeadCount;

    public int Floats { get; } = config.LayerCount * config.KeyValueHeadCount * config.HeadDimension * 2 * Tokens;

    public int ValuesBehindKeys => Dimension * Tokens;

    /// <summary>Where a layer's and head's keys begin; its values follow at <see cref="ValuesBehindKeys"/>.</summary>
    public int Keys(int layer, int head) => ((layer * KeyValueHeads) + head) * Dimension * 2 * Tokens;

    /// <summary>Pages that so many tokens fill.</summary>
    public static long PagesFor(long tokens) => (tokens + Tokens - 1) / Tokens;
}

/// <summary>Pages in use, counted, and those that nobody uses any more, for the next who needs one.</summary>
internal sealed class KvPagePool(KvPageLayout layout)
{
    private readonly ConcurrentBag<float[]> _free = [];
    private int _inUse;

    public KvPageLayout Layout => layout;

    public int InUse => _inUse;

    public float[] Rent()
    {
        _ = Interlocked.Increment(ref _inUse);

        // Pinned, for pages live long: the collector would copy each of them twice.
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
/// <param name="users">Sequences that read them; when each has let go, the pages go back.</param>
internal sealed class KvPages(KvPagePool pool, int users)
{
    private readonly List<float[]> _pages = [];
    private int _users = users;

    /// <summary>Tokens whose keys and values are complete.</summary>
    public int Length { get; private set; }

    public IReadOnlyList<float[]> Pages => _pages;

    /// <summary>Notes a token's key and value of one layer and head; <see cref="Advance"/> follows the last of its layers.</summary>
    /// <param name="layer">Of the token.</param>
    /// <param name="head">Key and value head.</param>
    /// <param name="ahead">How far the token stands behind the last complete one; 0 is next.</param>
    /// <param name="key">[D], turned to its position.</param>
    /// <param name="value">[D].</param>
    public void Write(int layer, int head, int ahead, ReadOnlySpan<float> key, ReadOnlySpan<float> value)
    {
        KvPageLayout layout = pool.Layout;
        int at = Length + ahead,
            place = at % KvPageLayout.Tokens;
        while (_pages.Count <= at / KvPageLayout.Tokens)
        {
            _pages.Add(pool.Rent());
        }

        Span<float> page = _pages[at / KvPageLayout.Tokens].AsSpan(layout.Keys(layer, head));
        for (int i = 0; i < key.Length; i++)
        {
            page[(i * KvPageLayout.Tokens) + place] = key[i];
        }

        value.CopyTo(page[(layout.ValuesBehindKeys + (place * layout.Dimension))..]);
    }

    public void Advance(int tokens) => Length += tokens;

    /// <summary>One of the users lets go.</summary>
    public void Release()
    {
        if (Interlocked.Decrement(ref _users) == 0)
        {
            _pages.ForEach(pool.Return);
            _pages.Clear();
        }
    }
}
