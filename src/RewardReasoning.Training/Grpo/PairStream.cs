using RewardReasoning.Training.Runs;

namespace RewardReasoning.Training.Grpo;

/// <summary>Pairs in a seeded order, each once an epoch; those of a difficulty that is not asked for are passed over.</summary>
internal sealed class PairStream(IReadOnlyList<LabelledPair> pairs, ulong seed, long position)
{
    private int[] _order = [];
    private long _orderEpoch = -1;

    /// <summary>Pairs taken or passed over so far.</summary>
    public long Position { get; private set; } = position;

    public LabelledPair Next(IReadOnlyList<string>? difficulties)
    {
        for (long passed = 0; passed <= pairs.Count; passed++)
        {
            LabelledPair pair = pairs[Index(Position++)];
            if (difficulties is null || difficulties.Contains(pair.Difficulty))
            {
                return pair;
            }
        }

        throw new RecipeException($"No pair has a difficulty of {string.Join(", ", difficulties ?? [])}; change the curriculum or the data.");
    }

    private int Index(long position)
    {
        long epoch = position / pairs.Count;
        if (epoch != _orderEpoch)
        {
            _order = [.. Enumerable.Range(0, pairs.Count)];
            new SeededRandom(seed + (ulong)epoch).Shuffle(_order);
            _orderEpoch = epoch;
        }

        return _order[position % pairs.Count];
    }
}
