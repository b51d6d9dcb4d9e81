using RewardReasoning.Ratings;

namespace RewardReasoning.Rankings;

/// <summary>Everyone draws distinct opponents; one round, in seeded order.</summary>
internal sealed class RandomOpponentsScheduler : IMatchScheduler
{
    private readonly Pairing[] _pairings;

    public RandomOpponentsScheduler(int candidates, int opponents, long seed)
    {
        SeededRandom random = new((ulong)seed);
        HashSet<Pairing> drawn = [];
        for (int candidate = 0; candidate < candidates; candidate++)
        {
            int[] others = [.. Enumerable.Range(0, candidates).Where(other => other != candidate)];
            random.Shuffle(others);
            drawn.UnionWith(others.Take(opponents).Select(other => new Pairing(candidate, other).Ordered));
        }

        _pairings = [.. drawn.OrderBy(pairing => pairing.First).ThenBy(pairing => pairing.Second)];
        random.Shuffle(_pairings);
    }

    public int? Matches => _pairings.Length;

    public IReadOnlyList<Pairing> NextRound(IReadOnlyList<MatchResult> played) => played.Count > 0 ? [] : _pairings;
}
