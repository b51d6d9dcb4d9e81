using RewardReasoning.Ratings;

namespace RewardReasoning.Rankings;

/// <summary>
/// Chooses the most informative matches. After a first round of random pairs, the strengths have a normal posterior (Laplace's
/// approximation under
/// a normal prior); a match between i and j would add the information w = p(1 − p) about their difference.
/// <para>
/// Goal <see cref="RankingGoal.Best"/>: what is at stake is Σk E[max(0, θk − θleader)], the expected loss, against each challenger k, of
/// stopping now with the leader; the next match is the one whose information takes most from that sum, foreseen means staying as they
/// are. Goal <see cref="RankingGoal.Ranking"/>: the match with most information w · var(θi − θj), which is the D-optimal choice.
/// </para>
/// A round holds a quarter as many matches as there are candidates, so that they can run at once; within it the covariance moves on as if
/// each chosen match had been played.
/// </summary>
internal sealed class ActiveScheduler(int candidates, RankingGoal goal, long seed, bool rematches) : IMatchScheduler
{
    /// <summary>Strengths are expected within a logit or so of each other; the choice of matches depends on it little.</summary>
    private const double PriorPrecision = 1;

    /// <summary>No pair meets more often than this.</summary>
    private const int MostMeetings = 16;

    /// <summary>The most matches of one candidate in one round.</summary>
    private const int MostInRound = 4;

    /// <summary>A challenger is within this many standard deviations of the leader and among this many most likely to beat it.</summary>
    private const double HopelessDeviations = 4;
    private const int MostChallengers = 64;

    public int? Matches => null;

    public IReadOnlyList<Pairing> NextRound(IReadOnlyList<MatchResult> played)
    {
        if (candidates < 2)
        {
            return [];
        }

        if (played.Count < candidates / 2)
        {
            int[] order = [.. Enumerable.Range(0, candidates)];
            new SeededRandom((ulong)seed).Shuffle(order);
            return
            [
                .. Enumerable
                    .Range(played.Count, (candidates / 2) - played.Count)
                    .Select(at => new Pairing(order[2 * at], order[(2 * at) + 1])),
            ];
        }

        Belief belief = Belief.After(candidates, played, PriorPrecision);
        Dictionary<Pairing, int> meetings = Meetings(played);
        int[] inRound = new int[candidates];
        List<Pairing> round = [];
        int[] field =
            goal == RankingGoal.Best ? belief.Challengers(HopelessDeviations, MostChallengers) : [.. Enumerable.Range(0, candidates)];
        while (round.Count < Math.Max(1, candidates / 4) && Choose(belief, field, IsOpen) is { } chosen)
        {
            round.Add(chosen);
            belief.Foresee(chosen);
            meetings[chosen] = meetings.GetValueOrDefault(chosen) + 1;
            inRound[chosen.First]++;
            inRound[chosen.Second]++;
        }

        return round;

        bool IsOpen(Pairing pairing) =>
            inRound[pairing.First] < MostInRound
            && inRound[pairing.Second] < MostInRound
            && !round.Contains(pairing)
            && meetings.GetValueOrDefault(pairing) < (rematches ? MostMeetings : 1);
    }

    /// <summary>How often each pair met. One without a judgment will hardly get one next time: it does not meet again.</summary>
    private static Dictionary<Pairing, int> Meetings(IReadOnlyList<MatchResult> played)
    {
        Dictionary<Pairing, int> meetings = [];
        foreach ((int first, int second, MatchOutcome outcome) in played)
        {
            Pairing pairing = new Pairing(first, second).Ordered;
            meetings[pairing] =
                meetings.GetValueOrDefault(pairing) + (outcome is MatchOutcome.Missing or MatchOutcome.Abstained ? MostMeetings : 1);
        }

        return meetings;
    }

    private Pairing? Choose(Belief belief, int[] field, Predicate<Pairing> isOpen)
    {
        Pairing? best = null;
        double most = 0;
        Belief.Stake[] stakes = goal == RankingGoal.Best ? belief.Stakes(field) : [];
        for (int i = 0; i < field.Length; i++)
        {
            for (int j = 0; j < i; j++)
            {
                Pairing pairing = new Pairing(field[i], field[j]).Ordered;
                if (!isOpen(pairing))
                {
                    continue;
                }

                double worth =
                    goal == RankingGoal.Best
                        ? belief.LossAverted(pairing, stakes)
                        : belief.Information(pairing) * belief.VarianceOf(pairing);
                if (worth > most)
                {
                    (best, most) = (pairing, worth);
                }
            }
        }

        return best;
    }
}
