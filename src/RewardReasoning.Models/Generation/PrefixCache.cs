using RewardReasoning.Models.Decoder;

namespace RewardReasoning.Models.Generation;

/// <summary>
/// Keys and values of recent prompt prefixes, so that further votes of a comparison and further matches of a query need not compute them
/// again. Belongs to one thread.
/// </summary>
internal sealed class PrefixCache(long mostTokens) : IDisposable
{
    private const int MostEntries = 8;

    private readonly List<(int[] Ids, KvTensors Cache)> _entries = []; // least recently used first

    /// <summary>A copy of the longest cached prefix of a prompt; null where it is shorter than <paramref name="least"/>.</summary>
    /// <param name="prompt">The whole prompt.</param>
    /// <param name="least">Fewest tokens worth copying.</param>
    /// <param name="capacity">Tokens that the copy has room for at first.</param>
    public KvTensors? Find(ReadOnlySpan<int> prompt, int least, long capacity)
    {
        int best = -1;
        int length = least - 1;
        for (int i = 0; i < _entries.Count; i++)
        {
            int common = prompt.CommonPrefixLength(_entries[i].Ids);
            (best, length) = common > length ? (i, common) : (best, length);
        }

        if (best < 0)
        {
            return null;
        }

        (int[] Ids, KvTensors Cache) entry = _entries[best];
        _entries.RemoveAt(best);
        _entries.Add(entry);
        return entry.Cache.CopyFirst(length, capacity);
    }

    /// <summary>Stores a copy of the keys and values of one row; evicts its own prefixes and the least recently used entries.</summary>
    public void Add(ReadOnlySpan<int> ids, KvTensors cache)
    {
        if (ids.Length > mostTokens)
        {
            return;
        }

        for (int i = _entries.Count - 1; i >= 0; i--)
        {
            if (ids.StartsWith(_entries[i].Ids))
            {
                Drop(i);
            }
        }

        _entries.Add((ids.ToArray(), cache.CopyFirst(ids.Length, ids.Length)));
        while (_entries.Count > MostEntries || _entries.Sum(entry => (long)entry.Ids.Length) > mostTokens)
        {
            Drop(0);
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        while (_entries.Count > 0)
        {
            Drop(0);
        }
    }

    private void Drop(int index)
    {
        _entries[index].Cache.Dispose();
        _entries.RemoveAt(index);
    }
}
