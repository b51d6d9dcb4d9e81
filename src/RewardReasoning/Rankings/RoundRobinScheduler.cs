using RewardReasoning.Ratings;

namespace RewardReasoning.Rankings;

/// <summary>
/// Every pair once, as one round in the order of the circle method: everyone has played equally often, give or take one match, wherever
/// a budget or an interruption cuts it off.
/// </summary>
internal sealed class RoundRobinScheduler(int candidates, long seed) : IMatchScheduler
{
    public int? Matches => candidates * (candidates - 1) / 2;

    public IReadOnlyList<Pairing> NextRound(IReadOnlyList<MatchResult> played)
    {
        if (played.Count > 0)
        {
            return [];
        }

        int[] seats = [.. Enumerable.Range(0, candidates)];
        new SeededRandom((ulong)seed).Shuffle(seats);
        List<Pairing> pairings = [];
        int circle = candidates + (candidates % 2);
        for (int round = 0; round < circle - 1; round++)
        {
            for (int k = 0; k < circle / 2; k++)
            {
                // The last seat stays, the others turn; against the empty seat of an odd circle one rests.
                int first = k == 0 ? circle - 1 : (round + k) % (circle - 1);
                int second = (round + circle - 1 - k) % (circle - 1);
                if (first < candidates && second < candidates)
                {
                    pairings.Add(new(seats[first], seats[second]));
                }
            }
        }

        return pairings;
    }
}
