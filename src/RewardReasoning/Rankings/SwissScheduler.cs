using RewardReasoning.Ratings;

namespace RewardReasoning.Rankings;

/// <summary>
/// Rounds of candidates with similar points. Nobody meets the same one twice: a round is a largest matching of the pairs that have not
/// met, begun from the top by points, so that as few as possible sit out. With an odd number one rests in each round, for a point, and
/// nobody rests twice while somebody has not rested yet.
/// </summary>
internal sealed class SwissScheduler(int candidates, int rounds, long seed) : IMatchScheduler
{
    private readonly int _seats = candidates + (candidates % 2);

    public int? Matches => null;

    public IReadOnlyList<Pairing> NextRound(IReadOnlyList<MatchResult> played)
    {
        bool[,] met = new bool[_seats, _seats];
        double[] points = new double[_seats];
        int[] tieBreaks = [.. Enumerable.Range(0, _seats)];
        new SeededRandom((ulong)seed).Shuffle(tieBreaks);
        int at = 0;
        for (int round = 0; round < rounds; round++)
        {
            Pairing[] pairings = Round(met, points, tieBreaks);
            if (at == played.Count)
            {
                return [.. pairings.Where(pairing => pairing.Second < candidates)];
            }

            foreach ((int first, int second) in pairings)
            {
                met[first, second] = met[second, first] = true;
                if (second >= candidates)
                {
                    points[first]++;
                }
                else if (at < played.Count)
                {
                    points[played[at].First] += played[at].FirstPoints ?? 0;
                    points[played[at].Second] += 1 - (played[at].FirstPoints ?? 1);
                    at++;
                }
                else
                {
                    return [];
                }
            }
        }

        return [];
    }

    /// <summary>Pairs by points, each with the lower number first, so that the empty seat of an odd table is always second.</summary>
    private Pairing[] Round(bool[,] met, double[] points, int[] tieBreaks)
    {
        int[] table =
        [
            .. Enumerable
                .Range(0, _seats)
                .OrderBy(seat => seat >= candidates)
                .ThenByDescending(seat => points[seat])
                .ThenBy(seat => tieBreaks[seat]),
        ];
        int[] partners = MaximumMatching.Find(_seats, (row, column) => !met[table[row], table[column]]);
        return
        [
            .. Enumerable
                .Range(0, _seats)
                .Where(row => partners[row] > row)
                .Select(row => new Pairing(table[row], table[partners[row]]).Ordered),
        ];
    }
}
