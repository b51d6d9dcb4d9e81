using System.Globalization;
using System.Text;
using RewardReasoning.Calibration;
using RewardReasoning.Data.Recognition;
using RewardReasoning.Evaluation.Budgets;
using RewardReasoning.Evaluation.Plots;
using RewardReasoning.Judging;
using RewardReasoning.Models;
using Line = RewardReasoning.Evaluation.Plots.Line;

namespace RewardReasoning.Bench;

/// <summary>
/// What a first stage saves: the tokens that it takes to be as often right as fixed votes and as voting that ends pair by pair, with a
/// first stage before the rule, a budget over the file, and a first stage before the budget. How sure the first stage must be is fitted to
/// one half of the pairs and used on the other, for a loss of at most 0.5 or 1 points in 9 of 10 fits. Usage: <c>quick [--out FOLDER]
/// [--pairs FILE] [--limit N] [--model FOLDER] [--screen FOLDER] [--simulated N]</c>; FOLDER/judging.md gets the table between its marks,
/// FOLDER/plots the plot.
/// </summary>
internal static class QuickBenchmark
{
    private const double VoteStep = 1.08;
    private static readonly double[] Losses = [0.005, 0.01];

    public static async Task<int> RunAsync(string[] args)
    {
        int simulated = int.Parse(Arguments.ValueOf(args, "--simulated") ?? "20000", CultureInfo.InvariantCulture);
        string screen = Arguments.ValueOf(args, "--screen") ?? "models/direct-mini",
            model = Arguments.ValueOf(args, "--model") ?? "models/rrm-mini";
        Machine.Print();
        PairContent[] contents = await BudgetBenchmark.PairsAsync(args);
        BudgetBenchmark.Recorded[] measured = await BudgetBenchmark.JudgedAsync(args, contents),
            mixed = BudgetBenchmark.Simulated(simulated, BudgetBenchmark.Mixed);
        Quick[] itself = await AskedAsync(model, contents, thinkingBudget: 0),
            other = await AskedAsync(screen, contents, thinkingBudget: null),
            weaker = Weaker(mixed);
        StringBuilder text = new();
        text.AppendLine("| judge | first stage | right alone | tokens a pair | decides at a loss of 0.5 points | of 1 point |");
        text.AppendLine("|---|---|---|---|---|---|");
        AppendStage(text, "rrm-mini", "itself without a thought", measured, itself);
        AppendStage(text, "rrm-mini", "direct-mini", measured, other);
        AppendStage(text, "simulated", "simulated, weaker", mixed, weaker);
        text.AppendLine();
        text.AppendLine(
            "| judge | rule | tokens a pair, accuracy | first stage (1 point), then the rule | as accurate: a budget | first stage (0.5 points), then a budget | first stage (1 point), then a budget | if the judge's own votes were foreknown |"
        );
        text.AppendLine("|---|---|---|---|---|---|---|---|");
        await AppendRulesAsync(text, "rrm-mini, with direct-mini first", measured, other, null);
        await AppendRulesAsync(text, "simulated", mixed, weaker, Foreknown(mixed));
        Console.WriteLine(text);
        if (Arguments.ValueOf(args, "--out") is { } output)
        {
            DocumentPart.Replace(Path.Combine(output, "judging.md"), "quick", text.ToString());
            new LineChart
            {
                Title = FormattableString.Invariant($"{mixed.Length:#,0} simulated pairs of mixed difficulty"),
                XTitle = "generated tokens a pair",
                YTitle = "accuracy",
                IsPercent = true,
                Lines = await LinesAsync(mixed, weaker),
            }.Save(Path.Combine(output, "plots", "quick.svg"));
        }

        return 0;
    }

    private static void AppendStage(StringBuilder text, string judge, string stage, BudgetBenchmark.Recorded[] pairs, Quick[] quick) =>
        text.AppendLine(
            string.Create(
                CultureInfo.InvariantCulture,
                $"| {judge} | {stage} | {quick.Average(one => one.IsRight ? 1.0 : 0):0.0%} | {quick.Average(one => (double)one.Tokens):0} | {Decided(pairs, quick, Losses[0]).Average(one => one ? 1.0 : 0):0.0%} | {Decided(pairs, quick, Losses[1]).Average(one => one ? 1.0 : 0):0.0%} |"
            )
        );

    private static async Task AppendRulesAsync(
        StringBuilder text,
        string judge,
        BudgetBenchmark.Recorded[] pairs,
        Quick[] quick,
        List<(double Tokens, double Accuracy)>? foreknown
    )
    {
        bool[] decided = Decided(pairs, quick, Losses[1]);
        List<(double Tokens, double Accuracy)> budgets = await FrontierAsync(pairs, [], []),
            careful = await FrontierAsync(pairs, quick, Decided(pairs, quick, Losses[0])),
            staged = await FrontierAsync(pairs, quick, decided);
        foreach ((string rule, int votes, string stopping) in BudgetBenchmark.Rules)
        {
            VoteStopping ends = VoteStopping.Parse(stopping);
            (double tokens, double accuracy) = BudgetBenchmark.Stopped(pairs, votes, ends);
            (double first, double right) = Joined(quick, decided, BudgetBenchmark.Stopped(Left(pairs, decided), votes, ends));
            text.AppendLine(
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"| {judge} | {rule} | {tokens:0}, {accuracy:0.00%} | {first:0} ({first / tokens:0%}), {right:0.00%} | {Enough(budgets, tokens, accuracy)} | {Enough(careful, tokens, accuracy)} | {Enough(staged, tokens, accuracy)} | {(foreknown is null ? "-" : Enough(foreknown, tokens, accuracy))} |"
                )
            );
        }
    }

    private static async Task<List<Line>> LinesAsync(BudgetBenchmark.Recorded[] pairs, Quick[] quick) =>
        [
            Plotted("first stage (1 point), then a budget", await FrontierAsync(pairs, quick, Decided(pairs, quick, Losses[1]))),
            Plotted("budget over the file", await FrontierAsync(pairs, [], [])),
            Plotted(
                "pair by pair, confidence 0.8 to 0.99, at most 17 votes",
                [
                    .. new[] { 0.8, 0.85, 0.9, 0.95, 0.98, 0.99 }.Select(level =>
                        BudgetBenchmark.Stopped(pairs, BudgetBenchmark.MaxVotes, new VoteStopping.Confidence(level))
                    ),
                ]
            ),
            Plotted(
                "fixed, 3 to 17 votes",
                [.. new[] { 3, 5, 7, 9, 17 }.Select(votes => BudgetBenchmark.Stopped(pairs, votes, new VoteStopping.Fixed()))]
            ),
        ];

    private static Line Plotted(string name, IReadOnlyList<(double Tokens, double Accuracy)> points) =>
        new(name, [.. points.Select(point => point.Tokens)], [.. points.Select(point => point.Accuracy)]);

    /// <summary>The fewest tokens that are as accurate as a rule.</summary>
    private static string Enough(List<(double Tokens, double Accuracy)> frontier, double tokens, double accuracy)
    {
        (double Tokens, double Accuracy)[] enough =
        [
            .. frontier.Where(point => point.Accuracy >= accuracy - BudgetBenchmark.Tolerance).OrderBy(point => point.Tokens),
        ];
        return enough.Length == 0
            ? "not reached"
            : string.Create(CultureInfo.InvariantCulture, $"{enough[0].Tokens:0} ({enough[0].Tokens / tokens:0%})");
    }

    /// <summary>Budgets of 1.1 to 10 votes a pair, on what a first stage leaves over.</summary>
    private static async Task<List<(double Tokens, double Accuracy)>> FrontierAsync(
        BudgetBenchmark.Recorded[] pairs,
        Quick[] quick,
        bool[] decided
    )
    {
        BudgetBenchmark.Recorded[] left = quick.Length == 0 ? pairs : Left(pairs, decided);
        List<(double Tokens, double Accuracy)> points = [];
        for (double votes = 1.1; votes < 10; votes = Math.Round(votes * VoteStep, 3))
        {
            (double Tokens, double Accuracy) point = await BudgetBenchmark.SpentAsync(left, votes);
            points.Add(quick.Length == 0 ? point : Joined(quick, decided, point));
        }

        return points;
    }

    private static BudgetBenchmark.Recorded[] Left(BudgetBenchmark.Recorded[] pairs, bool[] decided) =>
        [.. pairs.Where((_, at) => !decided[at])];

    private static (double Tokens, double Accuracy) Joined(Quick[] quick, bool[] decided, (double Tokens, double Accuracy) left)
    {
        double share = decided.Average(one => one ? 0.0 : 1);
        return (
            quick.Average(one => (double)one.Tokens) + (share * left.Tokens),
            quick.Zip(decided).Sum(one => one.Second && one.First.IsRight ? 1.0 : 0) / quick.Length + (share * left.Accuracy)
        );
    }

    /// <summary>Which pairs the first stage decides, each half by what was fitted to the other against nine votes.</summary>
    private static bool[] Decided(BudgetBenchmark.Recorded[] pairs, Quick[] quick, double loss)
    {
        bool[] decided = new bool[pairs.Length];
        for (int half = 0; half < 2; half++)
        {
            ScreenFit fit = ScreenFit.Of(
                "first",
                [
                    .. Enumerable
                        .Range(0, pairs.Length)
                        .Where(at => at % 2 != half)
                        .Select(at => (quick[at].Sureness, quick[at].IsRight, NineVotes(pairs[at]))),
                ]
            );
            double from = fit.LevelFor(new AbstentionTarget(loss))?.Sureness ?? double.PositiveInfinity;
            for (int at = half; at < pairs.Length; at += 2)
            {
                decided[at] = quick[at].Sureness >= from;
            }
        }

        return decided;
    }

    private static bool NineVotes(BudgetBenchmark.Recorded pair)
    {
        BudgetBenchmark.Recorded fresh = pair.Again();
        while (fresh.Asked < 9)
        {
            fresh.Ask();
        }

        return fresh.First > fresh.Second;
    }

    /// <summary>
    /// A simulated first stage: its log-odds for the right response are 0.4 of those of a vote, and a normal deviation of 1; 6 tokens.
    /// </summary>
    private static Quick[] Weaker(BudgetBenchmark.Recorded[] pairs)
    {
        SeededRandom random = new(43);
        return
        [
            .. pairs.Select(pair =>
            {
                double normal = Math.Sqrt(-2 * Math.Log(1 - random.NextUnit())) * Math.Cos(2 * Math.PI * random.NextUnit()),
                    logOdds = (0.4 * ConfidenceMap.LogOdds(pair.Right)) + normal;
                return new Quick(1 / (1 + Math.Exp(-Math.Abs(logOdds))), logOdds > 0, 6);
            }),
        ];
    }

    /// <summary>
    /// The best that any allocation of votes could do: it knows how often a vote on each pair goes to what the judge prefers in the end,
    /// and votes while that pays at a price.
    /// </summary>
    private static List<(double Tokens, double Accuracy)> Foreknown(BudgetBenchmark.Recorded[] pairs)
    {
        double[][,] indices =
        [
            .. VotePrior.Points.Select(
                (_, point) => VoteIndex.Of([.. VotePrior.Points.Select((_, at) => at == point ? 1.0 : 0)], BudgetBenchmark.MaxVotes)
            ),
        ];
        List<(double Tokens, double Accuracy)> points = [];
        for (double price = 1e-2; price > 1e-7; price *= 0.8)
        {
            BudgetBenchmark.Recorded[] fresh = [.. pairs.Select(pair => pair.Again())];
            foreach (BudgetBenchmark.Recorded pair in fresh)
            {
                double certain = Math.Max(pair.Right, 1 - pair.Right);
                double[,] index = indices[Math.Min((int)((certain - 0.5) * 2 * indices.Length), indices.Length - 1)];
                do
                {
                    pair.Ask();
                } while (
                    pair.Asked < pair.MaxVotes
                    && index[Math.Max(pair.First, pair.Second), Math.Min(pair.First, pair.Second)] > price * pair.Tokens / pair.Asked
                );
            }

            points.Add((fresh.Average(pair => (double)pair.Tokens), fresh.Average(pair => pair.Credit)));
        }

        return points;
    }

    private static async Task<Quick[]> AskedAsync(string folder, PairContent[] pairs, int? thinkingBudget)
    {
        using OpenedJudge judge = LocalJudge.Open(
            folder,
            new JudgeOptions
            {
                Order = VoteOrder.Both,
                Temperature = 1,
                ThinkingBudget = thinkingBudget,
                FurtherVotesOnDraw = 0,
                Concurrency = 512,
            }
        );
        Judgment[] judgments = await Task.WhenAll(pairs.Select(pair => judge.JudgeAsync(pair.Comparison)));
        return
        [
            .. judgments.Zip(
                pairs,
                (judgment, pair) =>
                    new Quick(ScreenedJudge.SurenessOf(judgment), judgment.Preferred == pair.Label, judgment.Usage.OutputTokens)
            ),
        ];
    }

    private readonly record struct Quick(double? Sureness, bool IsRight, long Tokens);
}
