using RewardReasoning.Evaluation.BestOf;
using RewardReasoning.Evaluation.Metrics;
using RewardReasoning.Rankings;
using RewardReasoning.Ratings;

namespace RewardReasoning.Evaluation.Reports;

/// <summary>
/// Ways of choosing among candidates, played again over the matches that a run kept. A run in which all met all gives every way: knockouts
/// over seeded brackets, and Elo and Bradley-Terry ratings over the first matches of seeded orders. A knockout's run gives its own rounds.
/// Equal ratings share a choice evenly.
/// </summary>
internal sealed class ChoiceReplay
{
    private const int Seeds = 10;
    private const double SameRating = 1e-9;
    private static readonly double[] Shares = [0, 0.0625, 0.125, 0.25, 0.5, 0.75, 1];

    private readonly List<Query> _queries = [];

    private delegate (double X, double Y)[] Way(Query query);

    public void Add(RecordedRanking ranking)
    {
        if (ranking.Best is { } best && !ranking.Item.IsDecided)
        {
            _queries.Add(Query.Of(ranking, best));
        }
    }

    /// <summary>The analysis; null where nothing was ranked.</summary>
    public ChoiceAnalysis? Analyse(Bootstrap bootstrap)
    {
        if (_queries.Count == 0)
        {
            return null;
        }

        bool allMet = _queries.TrueForAll(query => query.AllMet) && _queries.Exists(query => query.Correct.Length > 2);
        return new ChoiceAnalysis(
            _queries.Count,
            allMet
                ?
                [
                    Follow("knockout", KnockoutsOf, bootstrap),
                    Follow("Elo", query => RatingsOf(query, results => Elo.Rate(query.Correct.Length, results)), bootstrap),
                    Follow(
                        "Bradley-Terry",
                        query => RatingsOf(query, results => [.. BradleyTerry.Fit(query.Correct.Length, results).Strengths]),
                        bootstrap
                    ),
                ]
                : [Follow("knockout", query => query.RoundsPlayed(), bootstrap)],
            _queries.Average(query => query.Random),
            _queries.Average(query => query.Majority),
            _queries.Average(query => query.Oracle)
        );
    }

    /// <summary>Steps of all queries together; one that has fewer steps stays at its last.</summary>
    private WayOfChoosing Follow(string name, Way way, Bootstrap bootstrap)
    {
        (double X, double Y)[][] steps = [.. _queries.Select(query => way(query))];
        return new WayOfChoosing(
            name,
            [
                .. Enumerable
                    .Range(0, steps.Max(own => own.Length))
                    .Select(step =>
                    {
                        (double X, double Y)[] here = [.. steps.Select(own => own[Math.Min(step, own.Length - 1)])];
                        Interval interval = bootstrap.OfMean([.. here.Select(point => point.Y)]);
                        return new CurvePoint(here.Average(point => point.X), interval.Value, interval.Low, interval.High);
                    }),
            ]
        );
    }

    private static (double X, double Y)[] KnockoutsOf(Query query) =>
        Mean([.. Enumerable.Range(1, Seeds).Select(seed => KnockoutOf(query, seed))]);

    private static (double X, double Y)[] KnockoutOf(Query query, int seed)
    {
        IMatchScheduler bracket = new RankingMode.Knockout().Schedule(query.Correct.Length, seed, rematches: false);
        HashSet<int> alive = [.. Enumerable.Range(0, query.Correct.Length)];
        List<MatchResult> played = [];
        List<(double, double)> steps = [(0, query.ShareRight(alive))];
        while (bracket.NextRound(played) is { Count: > 0 } round)
        {
            foreach (Pairing pairing in round)
            {
                int winner =
                    query.WinnerOf(pairing.First, pairing.Second)
                    ?? (new SeededRandom((ulong)(seed + played.Count)).Chance(0.5) ? pairing.First : pairing.Second);
                played.Add(
                    new MatchResult(pairing.First, pairing.Second, winner == pairing.First ? MatchOutcome.First : MatchOutcome.Second)
                );
                alive.Remove(winner == pairing.First ? pairing.Second : pairing.First);
            }

            steps.Add((played.Count, query.ShareRight(alive)));
        }

        return [.. steps];
    }

    private static (double X, double Y)[] RatingsOf(Query query, Func<IReadOnlyList<MatchResult>, double[]> rate) =>
        Mean([
            .. Enumerable
                .Range(1, Seeds)
                .Select(seed =>
                {
                    MatchResult[] results = [.. query.Results];
                    new SeededRandom((ulong)seed).Shuffle(results);
                    return Shares
                        .Select(share => (int)Math.Ceiling(share * results.Length))
                        .Select(count => ((double)count, query.ShareOfBest(rate(results[..count]))))
                        .ToArray();
                }),
        ]);

    private static (double X, double Y)[] Mean(IReadOnlyList<(double X, double Y)[]> ways) =>
        [.. Enumerable.Range(0, ways[0].Length).Select(step => (ways[0][step].X, ways.Average(way => way[step].Y)))];

    /// <summary>A query's candidates, numbered anew: identical ones are one.</summary>
    private sealed record Query(
        bool[] Correct,
        IReadOnlyList<MatchResult> Results,
        IReadOnlyList<int> Rounds,
        int Best,
        double Random,
        double Majority,
        double Oracle
    )
    {
        private readonly Dictionary<(int, int), int?> _winners = Results
            .GroupBy(result => (result.First, result.Second))
            .ToDictionary(
                met => met.Key,
                met =>
                    met.First().Outcome switch
                    {
                        MatchOutcome.First => met.Key.First,
                        MatchOutcome.Second => met.Key.Second,
                        _ => (int?)null,
                    }
            );

        public bool AllMet => _winners.Count == Correct.Length * (Correct.Length - 1) / 2;

        public static Query Of(RecordedRanking ranking, int best)
        {
            int[] players = [.. ranking.Matches.SelectMany(match => new[] { match.First, match.Second }).Append(best).Distinct().Order()];
            int Number(int index) => Array.BinarySearch(players, index);
            return new Query(
                [.. players.Select(player => ranking.Item.Correct[player])],
                [
                    .. ranking.Matches.Select(match => new MatchResult(
                        Number(match.First),
                        Number(match.Second),
                        match.Winner is not { } winner ? MatchOutcome.Missing
                            : winner == match.First ? MatchOutcome.First
                            : MatchOutcome.Second
                    )),
                ],
                [.. ranking.Matches.Select(match => match.Round)],
                Number(best),
                Selection.Random(ranking.Item.Correct),
                Selection.Majority(ranking.Item.Correct, ranking.Item.Answers),
                Selection.Oracle(ranking.Item.Correct)
            );
        }

        public int? WinnerOf(int first, int second) =>
            _winners.TryGetValue((first, second), out int? winner) ? winner : _winners.GetValueOrDefault((second, first));

        public double ShareRight(IEnumerable<int> players) => players.Average(player => Correct[player] ? 1.0 : 0.0);

        public double ShareOfBest(double[] ratings)
        {
            double most = ratings.Max();
            return ShareRight(Enumerable.Range(0, ratings.Length).Where(player => ratings[player] >= most - SameRating));
        }

        /// <summary>
        /// The rounds as they were played: who is left after each. Of a match without a winner the one that plays on advanced.
        /// </summary>
        public (double X, double Y)[] RoundsPlayed()
        {
            HashSet<int> alive = [.. Enumerable.Range(0, Correct.Length)];
            List<(double, double)> steps = [(0, ShareRight(alive))];
            int played = 0;
            foreach (
                IGrouping<int, (MatchResult Result, int Round)> round in Results
                    .Zip(Rounds, (result, at) => (Result: result, Round: at))
                    .GroupBy(match => match.Round)
                    .OrderBy(round => round.Key)
            )
            {
                HashSet<int> later =
                [
                    .. Results
                        .Zip(Rounds)
                        .Where(match => match.Second > round.Key)
                        .SelectMany(match => new[] { match.First.First, match.First.Second }),
                    Best,
                ];
                foreach ((MatchResult result, _) in round)
                {
                    bool firstAdvances =
                        result.Outcome == MatchOutcome.First || (result.Outcome != MatchOutcome.Second && later.Contains(result.First));
                    alive.Remove(firstAdvances ? result.Second : result.First);
                    played++;
                }

                steps.Add((played, ShareRight(alive)));
            }

            return [.. steps];
        }
    }
}
