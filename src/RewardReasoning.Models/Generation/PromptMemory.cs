using RewardReasoning.Models.Decoder;

namespace RewardReasoning.Models.Generation;

/// <summary>
/// Keys and values of the beginnings that prompts had in common lately: further votes of a comparison and further matches of a query come a
/// moment later and need not compute them again. Belongs to one thread.
/// </summary>
internal sealed class PromptMemory(long mostTokens) : IDisposable
{
    private const int MostEntries = 8;

    private readonly List<(int[] Ids, KeyValueCache Cache)> _entries = []; // least lately used first

    /// <summary>A copy of what is known of a prompt's beginning, or null where that is shorter than <paramref name="least"/>.</summary>
    /// <param name="prompt">All of it is looked for, as much as is known is given.</param>
    /// <param name="least">Tokens below which a copy is not worth its while.</param>
    /// <param name="capacity">Tokens that the copy has room for at first.</param>
    public KeyValueCache? Recall(ReadOnlySpan<int> prompt, int least, long capacity)
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

        (int[] Ids, KeyValueCache Cache) entry = _entries[best];
        _entries.RemoveAt(best);
        _entries.Add(entry);
        return entry.Cache.CopyFirst(length, capacity);
    }

    /// <summary>Keeps a copy of a cache of one row, and lets go of what it contains and of the least lately used.</summary>
    public void Keep(ReadOnlySpan<int> ids, KeyValueCache cache)
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
