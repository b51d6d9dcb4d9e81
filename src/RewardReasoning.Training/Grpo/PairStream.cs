using RewardReasoning.Training.Runs;

namespace RewardReasoning.Training.Grpo;

/// <summary>Pairs in a seeded order, each once an epoch; those of a difficulty that is not asked for are passed over.</summary>
internal sealed class PairStream(IReadOnlyList<LabelledPair> pairs, ulong seed, long position)
{
    private readonly SeededStream<LabelledPair> _pairs = new(pairs, seed, position);

    /// <summary>Pairs taken or passed over so far.</summary>
    public long Position => _pairs.Position;

    public LabelledPair Next(IReadOnlyList<string>? difficulties)
    {
        for (long passed = 0; passed <= _pairs.Count; passed++)
        {
            LabelledPair pair = _pairs.Next();
            if (difficulties is null || difficulties.Contains(pair.Difficulty))
            {
                return pair;
            }
        }

        throw new RecipeException($"No pair has a difficulty of {string.Join(", ", difficulties ?? [])}; change the curriculum or the data.");
    }
}
