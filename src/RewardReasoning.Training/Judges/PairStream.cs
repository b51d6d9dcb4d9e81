using RewardReasoning.Recipes;
using RewardReasoning.Training.Grpo;
using RewardReasoning.Training.Runs;

namespace RewardReasoning.Training.Judges;

/// <summary>
/// Pairs of weighted sources. Which source is next follows from the weights alone: after every draw the sources are as close to their
/// shares as they can be. Within a source pairs come in a seeded order, each once an epoch; pairs of other difficulties than asked for are
/// skipped, and so, for some turns, are pairs that gave no gradient.
/// </summary>
internal sealed class PairStream
{
    private readonly (string Path, double Weight, SeededStream<LabelledPair> Pairs)[] _sources;
    private readonly long[] _drawn;
    private readonly int _turns;
    private readonly Dictionary<(int Source, int Index), int> _skipped = [];

    /// <param name="sources">Their files, weights and pairs.</param>
    /// <param name="seed">Of the orders; each source has one of its own.</param>
    /// <param name="turns">For how many turns a pair that gave no gradient is skipped; 0 never skips.</param>
    /// <param name="taken">Pairs taken or skipped before, of a single source.</param>
    /// <param name="position">Position of the stream; null at the beginning, and for a single source that skips nothing.</param>
    public PairStream(
        IReadOnlyList<(string Path, double Weight, IReadOnlyList<LabelledPair> Pairs)> sources,
        ulong seed,
        int turns,
        long taken,
        MixturePosition? position
    )
    {
        _sources =
        [
            .. sources.Select(
                (source, number) =>
                    (
                        source.Path,
                        source.Weight,
                        new SeededStream<LabelledPair>(
                            [.. source.Pairs.Select((pair, index) => pair with { Source = number, Index = index })],
                            number == 0 ? seed : new SeededRandom(seed + (ulong)number).NextBits(),
                            position?.Taken[number] ?? (number == 0 ? taken : 0)
                        )
                    )
            ),
        ];
        _drawn = [.. position?.Drawn ?? Enumerable.Repeat(0L, sources.Count)];
        _turns = turns;
        foreach (int[] passed in position?.PassedOver ?? [])
        {
            _skipped[(passed[0], passed[1])] = passed[2];
        }
    }

    /// <summary>Pairs of all sources.</summary>
    public long Count => _sources.Sum(source => (long)source.Pairs.Count);

    /// <summary>Pairs taken or skipped so far, of all sources.</summary>
    public long Taken => _sources.Sum(source => source.Pairs.Position);

    /// <summary>Pairs skipped so far because they had given no gradient.</summary>
    public long Skipped { get; private set; }

    /// <summary>
    /// Position of the stream; null for a single source that skips nothing, for which <see cref="Taken"/> says it all.
    /// </summary>
    public MixturePosition? Mixture =>
        _sources.Length == 1 && _turns == 0
            ? null
            : new(
                [.. _sources.Select(source => source.Pairs.Position)],
                [.. _drawn],
                [.. _skipped.OrderBy(entry => entry.Key).Select(entry => new[] { entry.Key.Source, entry.Key.Index, entry.Value })]
            );

    /// <summary>The next pair.</summary>
    /// <param name="difficulties">The difficulties asked for; null for all.</param>
    /// <exception cref="RewardReasoningException">The source whose turn it is has no pair of them.</exception>
    public LabelledPair Next(IReadOnlyList<string>? difficulties)
    {
        int number = Enumerable.Range(0, _sources.Length).MinBy(source => (_drawn[source] + 0.5) / _sources[source].Weight);
        (string path, _, SeededStream<LabelledPair> pairs) = _sources[number];
        for (long seen = 0; seen <= pairs.Count * (_turns + 1L); seen++)
        {
            LabelledPair pair = pairs.Next();
            if (difficulties?.Contains(pair.Difficulty) != false && !IsSkipped(pair))
            {
                _drawn[number]++;
                return pair;
            }
        }

        throw new RecipeException(
            $"No pair of {path} has a difficulty of {string.Join(", ", difficulties ?? [])}; change the curriculum or the data."
        );
    }

    /// <summary>Skips a pair that gave no gradient for its next turns.</summary>
    public void Skip(LabelledPair pair)
    {
        if (_turns > 0)
        {
            _skipped[(pair.Source, pair.Index)] = _turns;
        }
    }

    private bool IsSkipped(LabelledPair pair)
    {
        if (!_skipped.TryGetValue((pair.Source, pair.Index), out int left))
        {
            return false;
        }

        if (left > 1)
        {
            _skipped[(pair.Source, pair.Index)] = left - 1;
        }
        else
        {
            _skipped.Remove((pair.Source, pair.Index));
        }

        Skipped++;
        return true;
    }
}
