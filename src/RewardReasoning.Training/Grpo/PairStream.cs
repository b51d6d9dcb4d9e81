using RewardReasoning.Recipes;
using RewardReasoning.Training.Runs;

namespace RewardReasoning.Training.Grpo;

/// <summary>Where a stream of several sources, or one that passes pairs over, stands; written into checkpoints.</summary>
/// <param name="Taken">Of each source: pairs taken or passed over.</param>
/// <param name="Drawn">Of each source: pairs given.</param>
/// <param name="PassedOver">Pairs that are to be passed over: source, index, and how often.</param>
internal sealed record PairStreamPosition(IReadOnlyList<long> Taken, IReadOnlyList<long> Drawn, IReadOnlyList<int[]> PassedOver);

/// <summary>
/// Pairs of weighted sources. Which source is next follows from the weights alone: at every draw the sources stand as near to their shares
/// as they can. Within a source pairs come in a seeded order, each once an epoch; those of a difficulty that is not asked for are passed
/// over, and so, for some turns, are those that taught nothing.
/// </summary>
internal sealed class PairStream
{
    private readonly (string Path, double Weight, SeededStream<LabelledPair> Pairs)[] _sources;
    private readonly long[] _drawn;
    private readonly int _turns;
    private readonly Dictionary<(int Source, int Index), int> _passedOver = [];

    /// <param name="sources">Their files, weights and pairs.</param>
    /// <param name="seed">Of the orders; each source has one of its own.</param>
    /// <param name="turns">How often a pair that taught nothing is passed over; 0 for never.</param>
    /// <param name="taken">Pairs taken or passed over before, of a single source.</param>
    /// <param name="position">Where the stream stood; null at the beginning, and for a single source of which nothing is passed
    /// over.</param>
    public PairStream(
        IReadOnlyList<(string Path, double Weight, IReadOnlyList<LabelledPair> Pairs)> sources,
        ulong seed,
        int turns,
        long taken,
        PairStreamPosition? position
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
            _passedOver[(passed[0], passed[1])] = passed[2];
        }
    }

    /// <summary>Pairs taken or passed over so far, of all sources.</summary>
    public long Taken => _sources.Sum(source => source.Pairs.Position);

    /// <summary>Pairs passed over so far because they had taught nothing.</summary>
    public long PassedOver { get; private set; }

    /// <summary>
    /// Where the stream stands; null for a single source of which nothing is passed over, for which <see cref="Taken"/> says all.
    /// </summary>
    public PairStreamPosition? Position =>
        _sources.Length == 1 && _turns == 0
            ? null
            : new(
                [.. _sources.Select(source => source.Pairs.Position)],
                [.. _drawn],
                [.. _passedOver.OrderBy(entry => entry.Key).Select(entry => new[] { entry.Key.Source, entry.Key.Index, entry.Value })]
            );

    /// <summary>The next pair.</summary>
    /// <param name="difficulties">Those that are asked for; null for all.</param>
    /// <exception cref="RecipeException">The source whose turn it is has no pair of them.</exception>
    public LabelledPair Next(IReadOnlyList<string>? difficulties)
    {
        int number = Enumerable.Range(0, _sources.Length).MinBy(source => (_drawn[source] + 0.5) / _sources[source].Weight);
        (string path, _, SeededStream<LabelledPair> pairs) = _sources[number];
        for (long passed = 0; passed <= pairs.Count * (_turns + 1L); passed++)
        {
            LabelledPair pair = pairs.Next();
            if (difficulties?.Contains(pair.Difficulty) != false && !IsPassedOver(pair))
            {
                _drawn[number]++;
                return pair;
            }
        }

        throw new RecipeException(
            $"No pair of {path} has a difficulty of {string.Join(", ", difficulties ?? [])}; change the curriculum or the data."
        );
    }

    /// <summary>Says that a pair taught nothing: its next turns pass it over.</summary>
    public void PassOver(LabelledPair pair)
    {
        if (_turns > 0)
        {
            _passedOver[(pair.Source, pair.Index)] = _turns;
        }
    }

    private bool IsPassedOver(LabelledPair pair)
    {
        if (!_passedOver.TryGetValue((pair.Source, pair.Index), out int left))
        {
            return false;
        }

        if (left > 1)
        {
            _passedOver[(pair.Source, pair.Index)] = left - 1;
        }
        else
        {
            _passedOver.Remove((pair.Source, pair.Index));
        }

        PassedOver++;
        return true;
    }
}
