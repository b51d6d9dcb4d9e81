namespace RewardReasoning.Training.Runs;

/// <summary>Items in a seeded order, each once an epoch.</summary>
/// <param name="items">At least one.</param>
/// <param name="seed">Of the orders.</param>
/// <param name="position">Items taken before.</param>
internal sealed class SeededStream<T>(IReadOnlyList<T> items, ulong seed, long position)
{
    private int[] _order = [];
    private long _orderEpoch = -1;

    /// <summary>Items taken so far.</summary>
    public long Position { get; private set; } = position;

    /// <summary>Items of an epoch.</summary>
    public int Count => items.Count;

    public T Next()
    {
        long epoch = Position / items.Count;
        if (epoch != _orderEpoch)
        {
            _order = [.. Enumerable.Range(0, items.Count)];
            new SeededRandom(seed + (ulong)epoch).Shuffle(_order);
            _orderEpoch = epoch;
        }

        return items[_order[Position++ % items.Count]];
    }
}
