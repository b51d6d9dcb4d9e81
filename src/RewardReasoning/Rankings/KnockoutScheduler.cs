using System.Numerics;
using RewardReasoning.Ratings;

namespace RewardReasoning.Rankings;

/// <summary>
/// A seeded bracket. Where the number of candidates is not a power of two, the first round has just enough matches that the second has a
/// power of
/// two, and the others have a bye into it. A match without a judgment, or a tie, is decided by a coin.
/// </summary>
internal sealed class KnockoutScheduler(int candidates, long seed) : IMatchScheduler
{
    public int? Matches => candidates - 1;

    public static int RoundsFor(int candidates) => candidates <= 1 ? 0 : BitOperations.Log2((uint)candidates - 1) + 1;

    public IReadOnlyList<Pairing> NextRound(IReadOnlyList<MatchResult> played)
    {
        int[] alive = Alive(played, out int used);
        return used < played.Count || alive.Length < 2 ? [] : Pairings(alive);
    }

    /// <summary>How many rounds each candidate was still in the bracket, byes included: the winner's are the most.</summary>
    public int[] RoundsSurvived(IReadOnlyList<MatchResult> played)
    {
        int[] survived = new int[candidates];
        int[] alive = Bracket();
        for (int at = 0; alive.Length > 1; )
        {
            Pairing[] round = Pairings(alive);
            if (at + round.Length > played.Count)
            {
                // Cut short: who won in the part that was played is a round ahead of who waits.
                foreach (MatchResult result in played.Skip(at))
                {
                    survived[Winner(result)]++;
                }

                break;
            }

            alive = Survivors(alive, played, at);
            at += round.Length;
            foreach (int candidate in alive)
            {
                survived[candidate] += 2;
            }
        }

        return survived;
    }

    private int[] Alive(IReadOnlyList<MatchResult> played, out int used)
    {
        int[] alive = Bracket();
        used = 0;
        while (alive.Length > 1 && used + Pairings(alive).Length is var end && end <= played.Count)
        {
            alive = Survivors(alive, played, used);
            used = end;
        }

        return alive;
    }

    private int[] Bracket()
    {
        int[] order = [.. Enumerable.Range(0, candidates)];
        new SeededRandom((ulong)seed).Shuffle(order);
        return order;
    }

    /// <summary>The matches of a round: all of those alive, or, in the first round, as many as leave a power of two.</summary>
    private static Pairing[] Pairings(int[] alive)
    {
        int next = 1 << (RoundsFor(alive.Length) - 1);
        return [.. Enumerable.Range(0, alive.Length - next).Select(at => new Pairing(alive[2 * at], alive[(2 * at) + 1]))];
    }

    private int[] Survivors(int[] alive, IReadOnlyList<MatchResult> played, int at)
    {
        int matches = Pairings(alive).Length;
        return [.. Enumerable.Range(at, matches).Select(match => Winner(played[match])), .. alive.Skip(2 * matches)];
    }

    private int Winner(MatchResult result) =>
        result.Outcome switch
        {
            MatchOutcome.First => result.First,
            MatchOutcome.Second => result.Second,
            _ => new SeededRandom((ulong)seed ^ ((ulong)(result.First + 1) << 32) ^ (ulong)(result.Second + 1)).Chance(0.5)
                ? result.First
                : result.Second,
        };
}
