using System.Globalization;
using System.Text;
using RewardReasoning.Evaluation.Metrics;
using RewardReasoning.Evaluation.Plots;
using RewardReasoning.Rankings;
using RewardReasoning.Ratings;

namespace RewardReasoning.Bench;

/// <summary>
/// Tournaments of 32 candidates under a Bradley-Terry judge: strengths are normal with deviation 1 or 2 logits, and i beats j with
/// probability σ(θi − θj). Every mode meets the same strengths. What is counted: how often the best is ranked first, by Bradley-Terry and
/// by
/// the paper's Elo of the same matches, Kendall's tau of the rankings, and triples that go in circles.
/// Usage: <c>tournaments [--out FOLDER] [--trials N]</c>; FOLDER/ranking.md gets the tables between its marks, FOLDER/plots the plots.
/// </summary>
internal static class TournamentSimulation
{
    private const int Candidates = 32;
    private const int Budget = 93;
    private const int AllPairs = Candidates * (Candidates - 1) / 2;
    private const double StrongerPrior = 0.5;
    private static readonly double[] Deviations = [2, 1];
    private static readonly int[] Checkpoints = [16, 31, 46, 62, 78, Budget, 124];

    private static readonly Contestant RoundRobin = new("round robin", new RankingMode.RoundRobin(), [AllPairs]);
    private static readonly Contestant Knockout = new("knockout", new RankingMode.Knockout(), [31]);
    private static readonly Contestant Swiss = new("Swiss", new RankingMode.Swiss(8), Checkpoints);
    private static readonly Contestant Random = new("random opponents", new RankingMode.RandomOpponents(10), Checkpoints);
    private static readonly Contestant ActiveBest = new("active, goal best", new RankingMode.Active(), Checkpoints);
    private static readonly Contestant ActiveOnce = new("active, goal best, no rematches", new RankingMode.Active(), [Budget])
    {
        Rematches = false,
    };
    private static readonly Contestant ActiveRanking = new(
        "active, goal ranking",
        new RankingMode.Active(RankingGoal.Ranking),
        Checkpoints
    );
    private static readonly Contestant[] Contestants = [ActiveBest, ActiveOnce, ActiveRanking, Swiss, Random, Knockout, RoundRobin];

    public static Task<int> RunAsync(string[] args)
    {
        string? folder = Arguments.ValueOf(args, "--out");
        int trials = int.Parse(Arguments.ValueOf(args, "--trials") ?? "2000", CultureInfo.InvariantCulture);
        Machine.Print();
        Dictionary<(double, Contestant, int), Score> scores = [];
        foreach (double deviation in Deviations)
        {
            foreach (Contestant contestant in Contestants)
            {
                foreach ((int matches, Score score) in Simulate(contestant, deviation, trials))
                {
                    scores[(deviation, contestant, matches)] = score;
                }
            }
        }

        string tables = Tables(scores, trials);
        Console.WriteLine(tables);
        if (folder is not null)
        {
            DocumentPart.Replace(Path.Combine(folder, "ranking.md"), "tournaments", tables);
            Directory.CreateDirectory(Path.Combine(folder, "plots"));
            BestPlot(scores).Save(Path.Combine(folder, "plots", "tournaments-best.svg"));
            RankingPlot(scores).Save(Path.Combine(folder, "plots", "tournaments-ranking.svg"));
        }

        return Task.FromResult(0);
    }

    private static IEnumerable<(int Matches, Score Score)> Simulate(Contestant contestant, double deviation, int trials)
    {
        Trial[][] results = new Trial[trials][];
        Parallel.For(0, trials, trial => results[trial] = Play(contestant, deviation, trial));
        return contestant.Checkpoints.Select((matches, at) => (matches, Score.Of([.. results.Select(result => result[at])])));
    }

    private static Trial[] Play(Contestant contestant, double deviation, int trial)
    {
        double[] strengths = Strengths(deviation, (ulong)trial);
        SeededRandom judge = new(0x5EED_0000_0000 + (ulong)trial);
        IMatchScheduler scheduler = contestant.Mode.Schedule(Candidates, trial, contestant.Rematches);
        List<MatchResult> played = [];
        while (played.Count < contestant.Checkpoints[^1] && scheduler.NextRound(played) is { Count: > 0 } round)
        {
            played.AddRange(
                round.Select(pair => new MatchResult(
                    pair.First,
                    pair.Second,
                    judge.Chance(1 / (1 + Math.Exp(strengths[pair.Second] - strengths[pair.First])))
                        ? MatchOutcome.First
                        : MatchOutcome.Second
                ))
            );
        }

        return [.. contestant.Checkpoints.Select(matches => Rate(strengths, [.. played.Take(matches)], contestant == Knockout))];
    }

    private static Trial Rate(double[] strengths, MatchResult[] matches, bool knockout)
    {
        double[] ratings = [.. BradleyTerry.Fit(Candidates, matches).Strengths];
        double[] closer = [.. BradleyTerry.Fit(Candidates, matches, StrongerPrior).Strengths];
        double[] elo = Elo.Rate(Candidates, matches);
        int best = Best(strengths);
        int first = knockout ? (matches[^1].Outcome == MatchOutcome.First ? matches[^1].First : matches[^1].Second) : Best(ratings);
        return new(
            first == best,
            Best(elo) == best,
            Tau(ratings, strengths),
            Tau(closer, strengths),
            Tau(elo, strengths),
            matches.Length < AllPairs ? 0 : Cycles.Rate(Candidates, matches) ?? 0
        );
    }

    private static int Best(double[] values) => values.IndexOf(values.Max());

    private static double Tau(double[] ratings, double[] strengths) => Correlation.KendallTauB(ratings, strengths) ?? 0;

    /// <summary>Normal by the method of Box and Muller, the same for every contestant.</summary>
    private static double[] Strengths(double deviation, ulong trial)
    {
        SeededRandom random = new(trial);
        return
        [
            .. Enumerable
                .Range(0, Candidates)
                .Select(_ => deviation * Math.Sqrt(-2 * Math.Log(1 - random.NextUnit())) * Math.Cos(2 * Math.PI * random.NextUnit())),
        ];
    }

    private static string Tables(Dictionary<(double, Contestant, int), Score> scores, int trials)
    {
        StringBuilder text = new();
        text.AppendLine(
            CultureInfo.InvariantCulture,
            $"How often the best of {Candidates} is ranked first, {trials:#,0} trials, by Bradley-Terry and by Elo of the same matches; standard errors in brackets, in points:"
        );
        text.AppendLine();
        text.AppendLine("| mode | matches | deviation 2: Bradley-Terry | Elo | deviation 1: Bradley-Terry | Elo |");
        text.AppendLine("|---|---|---|---|---|---|");
        foreach (
            (Contestant contestant, int matches) in new[]
            {
                (RoundRobin, AllPairs),
                (ActiveBest, Budget),
                (ActiveBest, 62),
                (ActiveBest, 31),
                (ActiveOnce, Budget),
                (ActiveRanking, Budget),
                (Swiss, Budget),
                (Random, Budget),
            }
        )
        {
            text.AppendLine(CultureInfo.InvariantCulture, $"| {contestant.Name} | {matches} | {Found(2)} | {Found(1)} |");

            string Found(double deviation) =>
                scores[(deviation, contestant, matches)] is var score ? $"{score.Found.Text} | {score.FoundByElo.Text}" : "";
        }

        text.AppendLine(
            CultureInfo.InvariantCulture,
            $"| knockout: who wins the bracket | 31 | {scores[(2, Knockout, 31)].Found.Text} | - | {scores[(1, Knockout, 31)].Found.Text} | - |"
        );
        text.AppendLine();
        text.AppendLine(
            CultureInfo.InvariantCulture,
            $"Of the triples of a round robin, {scores[(2, RoundRobin, AllPairs)].Cycles:0.0%} go in circles with deviation 2, and {scores[(1, RoundRobin, AllPairs)].Cycles:0.0%} with deviation 1 (of coin throws, 25.0%)."
        );
        text.AppendLine();
        text.AppendLine(
            CultureInfo.InvariantCulture,
            $"The order of all {Candidates}, Kendall's tau with the true one (its mean over the trials; standard errors are below 0.003):"
        );
        text.AppendLine();
        text.AppendLine("| mode | matches | Bradley-Terry, deviation 2 | λ = 0.5 | Elo | Bradley-Terry, deviation 1 | λ = 0.5 | Elo |");
        text.AppendLine("|---|---|---|---|---|---|---|---|");
        foreach (
            (Contestant contestant, int matches) in new[]
            {
                (RoundRobin, AllPairs),
                (ActiveRanking, Budget),
                (Swiss, Budget),
                (Random, Budget),
                (ActiveBest, Budget),
                (ActiveRanking, 46),
                (Random, 46),
                (Knockout, 31),
            }
        )
        {
            text.AppendLine(CultureInfo.InvariantCulture, $"| {contestant.Name} | {matches} | {Taus(2)} | {Taus(1)} |");

            string Taus(double deviation) =>
                scores[(deviation, contestant, matches)] is var score
                    ? string.Create(CultureInfo.InvariantCulture, $"{score.Tau:0.000} | {score.CloserTau:0.000} | {score.EloTau:0.000}")
                    : "";
        }

        return text.ToString();
    }

    private static LineChart BestPlot(Dictionary<(double, Contestant, int), Score> scores) =>
        new()
        {
            Title = $"Finding the best of {Candidates} (strengths of deviation 2 logits)",
            XTitle = "matches",
            YTitle = "share of trials in which the best is ranked first",
            Lines =
            [
                .. new[] { ActiveBest, ActiveRanking, Swiss, Random }.Select(contestant =>
                    LineOf(scores, contestant, score => score.Found.Value, score => score.Found.Error)
                ),
            ],
            Levels =
            [
                new("round robin, 496 matches", scores[(2, RoundRobin, AllPairs)].Found.Value),
                new("knockout, 31 matches", scores[(2, Knockout, 31)].Found.Value),
            ],
            YMinimum = 0,
            YMaximum = 1,
        };

    private static LineChart RankingPlot(Dictionary<(double, Contestant, int), Score> scores) =>
        new()
        {
            Title = $"The order of {Candidates} (strengths of deviation 2 logits)",
            XTitle = "matches",
            YTitle = "Kendall's tau with the true order",
            Lines =
            [
                LineOf(scores, ActiveRanking, score => score.Tau, _ => 0),
                LineOf(scores, Swiss, score => score.Tau, _ => 0),
                LineOf(scores, Random, score => score.Tau, _ => 0),
                LineOf(scores, Random, score => score.EloTau, _ => 0) with
                {
                    Name = "random opponents, Elo",
                },
            ],
            Levels = [new("round robin, 496 matches", scores[(2, RoundRobin, AllPairs)].Tau)],
            YMinimum = 0,
            YMaximum = 1,
        };

    private static Line LineOf(
        Dictionary<(double, Contestant, int), Score> scores,
        Contestant contestant,
        Func<Score, double> value,
        Func<Score, double> error
    )
    {
        Score[] line = [.. contestant.Checkpoints.Select(matches => scores[(2, contestant, matches)])];
        return new Line(contestant.Name, [.. contestant.Checkpoints.Select(matches => (double)matches)], [.. line.Select(value)])
        {
            Low = [.. line.Select(score => value(score) - (1.96 * error(score)))],
            High = [.. line.Select(score => value(score) + (1.96 * error(score)))],
        };
    }

    private sealed record Contestant(string Name, RankingMode Mode, int[] Checkpoints)
    {
        public bool Rematches { get; init; } = true;
    }

    private readonly record struct Trial(bool Found, bool FoundByElo, double Tau, double CloserTau, double EloTau, double Cycles);

    private readonly record struct Share(double Value, double Error)
    {
        public string Text => string.Create(CultureInfo.InvariantCulture, $"{Value:0.0%} ({100 * Error:0.0})");

        public static Share Of(IEnumerable<bool> trials)
        {
            bool[] all = [.. trials];
            double share = (double)all.Count(yes => yes) / all.Length;
            return new(share, Math.Sqrt(share * (1 - share) / all.Length));
        }
    }

    private sealed record Score(Share Found, Share FoundByElo, double Tau, double CloserTau, double EloTau, double Cycles)
    {
        public static Score Of(Trial[] trials) =>
            new(
                Share.Of(trials.Select(trial => trial.Found)),
                Share.Of(trials.Select(trial => trial.FoundByElo)),
                trials.Average(trial => trial.Tau),
                trials.Average(trial => trial.CloserTau),
                trials.Average(trial => trial.EloTau),
                trials.Average(trial => trial.Cycles)
            );
    }
}
