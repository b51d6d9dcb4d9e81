using RewardReasoning.Rankings;
using RewardReasoning.Ratings;

namespace RewardReasoning.Server.Rewards;

/// <summary>What a candidate of a cohort earned.</summary>
/// <param name="Reward">Null without a decided match.</param>
/// <param name="Rank">From 1 among those with a reward.</param>
/// <param name="Wins">Matches won.</param>
/// <param name="Losses">Matches lost.</param>
internal sealed record CandidateScore(double? Reward, int? Rank, int Wins, int Losses);

/// <summary>
/// Who meets whom in a cohort, and what follows from the matches. Pure: the same members and results give the same rewards, in whatever
/// order they came. The reward is the mean probability, by Bradley-Terry strengths, of beating another of the cohort, as in every ranking:
/// where everybody met everybody it is the win rate, drawn into (0,1) by the weak prior.
/// </summary>
internal static class CohortTable
{
    /// <summary>The reward of those who have no different response to be compared with.</summary>
    public const double RewardOfEquals = 0.5;

    /// <summary>The pairs of a group's indices that meet: all, or for each some drawn opponents.</summary>
    public static IReadOnlySet<Pairing> Pairs(int size, int roundRobinSize, int opponents, long seed) =>
        size < 2
            ? new HashSet<Pairing>()
            : new RankingMode.RandomOpponents(size <= roundRobinSize ? size - 1 : Math.Min(opponents, size - 1))
                .Schedule(size, seed, rematches: false)
                .NextRound([])
                .Select(pairing => pairing.Ordered)
                .ToHashSet();

    /// <summary>More pairs for those who are there when others did not come: all others are opponents, up to a number.</summary>
    public static IEnumerable<Pairing> PairsOfPresent(IReadOnlyList<int> present, IReadOnlySet<Pairing> pairs, int opponents, long seed)
    {
        Dictionary<int, int> met = present.ToDictionary(
            index => index,
            index => present.Count(other => pairs.Contains(new Pairing(index, other).Ordered))
        );
        IReadOnlySet<Pairing> among = Pairs(present.Count, opponents + 1, opponents, seed);
        return among
            .Select(pairing => new Pairing(present[pairing.First], present[pairing.Second]).Ordered)
            .Where(pairing =>
                !pairs.Contains(pairing)
                && (
                    met[pairing.First] < Math.Min(opponents, present.Count - 1)
                    || met[pairing.Second] < Math.Min(opponents, present.Count - 1)
                )
            )
            .OrderBy(pairing => pairing.First)
            .ThenBy(pairing => pairing.Second);
    }

    /// <summary>The scores of candidates 0 to n − 1.</summary>
    public static IReadOnlyList<CandidateScore> Of(int candidates, IReadOnlyList<MatchResult> results)
    {
        if (candidates == 1)
        {
            return [new(RewardOfEquals, 1, 0, 0)];
        }

        BradleyTerryFit fit = BradleyTerry.Fit(candidates, results);
        double[] probabilities = Ratings.Rewards.WinProbabilities(fit);
        IReadOnlyList<Standing> standings = Standing.Of(candidates, results, fit);
        double?[] rewards =
        [
            .. standings.Select(standing =>
                standing.Wins + standing.Losses + standing.Ties > 0 ? probabilities[standing.Player] : (double?)null
            ),
        ];
        return
        [
            .. standings.Select(standing => new CandidateScore(
                rewards[standing.Player],
                rewards[standing.Player] is { } own ? 1 + rewards.Count(other => other > own + Tolerance) : null,
                standing.Wins,
                standing.Losses
            )),
        ];
    }

    private const double Tolerance = 1e-9;
}
