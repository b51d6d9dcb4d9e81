using RewardReasoning.Ratings;

namespace RewardReasoning.Rankings;

/// <summary>A ranking from the matches of a tournament.</summary>
internal static class RankingTable
{
    private const double RewardOfNoRivals = 0.5;

    public static Ranking Of(Tournament tournament, CandidatePool pool, RankingOptions options, TimeSpan elapsed, bool cancelled = false)
    {
        IReadOnlyList<MatchResult> results = tournament.Results;
        bool[] decided = Decided(pool.Count, results);
        bool judged = pool.Count == 1 || Array.Exists(decided, one => one);
        BradleyTerryFit? fit = options.Method switch
        {
            RatingMethod.BradleyTerry => BradleyTerry.Fit(pool.Count, results, options.Lambda),
            RatingMethod.Davidson => Davidson.Fit(pool.Count, results, options.Lambda),
            _ => null,
        };
        double[] elo = fit is null ? Elo.Rate(pool.Count, results) : [];
        IReadOnlyList<Standing> standings = fit is null ? Standing.Of(pool.Count, results, elo) : Standing.Of(pool.Count, results, fit);
        double?[] rewards =
            !judged ? new double?[pool.Count]
            : pool.Count == 1 ? [RewardOfNoRivals]
            : [.. RewardsOf(results, fit, elo, options).Select((reward, candidate) => decided[candidate] ? reward : null)];

        // Candidates without a decided match come last. In a bracket, whoever lasted longer is ahead; elsewhere ratings decide.
        int[] survived = tournament.Scheduler is KnockoutScheduler knockout ? knockout.RoundsSurvived(results) : new int[pool.Count];
        int[] order =
        [
            .. Enumerable
                .Range(0, pool.Count)
                .OrderByDescending(candidate => decided[candidate])
                .ThenByDescending(candidate => survived[candidate])
                .ThenByDescending(candidate => standings[candidate].Rating),
        ];
        double?[] ofResponses =
        [
            .. Enumerable
                .Range(0, order.Sum(candidate => pool.Members(candidate).Count()))
                .Select(index => rewards[pool.CandidateOf(index)]),
        ];
        if (options.StandardiseRewards)
        {
            ofResponses = Ratings.Rewards.Standardised(ofResponses);
        }

        return new Ranking
        {
            Responses = [.. order.SelectMany(candidate => pool.Members(candidate).Select(index => RowOf(index, candidate)))],
            Best = judged ? pool.Judged(order[0]) : null,
            Rewards = ofResponses,
            Matches = tournament.Matches,
            Usage = tournament.Matches.Aggregate(Usage.None, (sum, match) => sum + (match.Judgment?.Usage ?? Usage.None)) with
            {
                Elapsed = elapsed,
            },
            CycleRate = Cycles.Rate(pool.Count, results),
            IsCancelled = cancelled,
            MissingReason = judged ? null : WhyMissing(tournament.Matches),
        };

        RankedResponse RowOf(int index, int candidate) =>
            new()
            {
                Index = index,
                SameAs = index == pool.Judged(candidate) ? null : pool.Judged(candidate),
                Rating = standings[candidate].Rating,
                Low = standings[candidate].Low,
                High = standings[candidate].High,
                Wins = standings[candidate].Wins,
                Losses = standings[candidate].Losses,
                Reward = ofResponses[index],
                MissingReason = ofResponses[index] is null ? WhyMissing([.. MatchesOf(candidate)]) : null,
            };

        IEnumerable<PlayedMatch> MatchesOf(int candidate) =>
            tournament.Matches.Where(match => match.First == pool.Judged(candidate) || match.Second == pool.Judged(candidate));
    }

    private static bool[] Decided(int candidates, IReadOnlyList<MatchResult> results)
    {
        bool[] decided = new bool[candidates];
        foreach (MatchResult result in results.Where(result => result.FirstPoints is not null))
        {
            decided[result.First] = decided[result.Second] = true;
        }

        return decided;
    }

    private static double?[] RewardsOf(IReadOnlyList<MatchResult> results, BradleyTerryFit? fit, double[] elo, RankingOptions options) =>
        (options.Reward ?? (fit is null ? RewardKind.Elo : RewardKind.WinProbability), fit) switch
        {
            (RewardKind.WinRate, _) => Ratings.Rewards.WinRates(fit?.Strengths.Count ?? elo.Length, results),
            (RewardKind.WinProbability, { } strengths) => [.. Ratings.Rewards.WinProbabilities(strengths).Cast<double?>()],
            _ => [.. elo.Select(rating => (double?)Elo.Reward(rating))],
        };

    private static string WhyMissing(IReadOnlyList<PlayedMatch> matches) =>
        matches.Count == 0
            ? "No match has been judged."
            : "No match has a winner: "
                + string.Join(" ", matches.Select(match => match.MissingReason).OfType<string>().Distinct().Take(3));
}
