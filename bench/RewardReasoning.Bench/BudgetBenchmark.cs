using System.Globalization;
using System.Text;
using RewardReasoning.Data.Recognition;
using RewardReasoning.Data.Rows;
using RewardReasoning.Evaluation.Budgets;
using RewardReasoning.Evaluation.Plots;
using RewardReasoning.Judging;
using RewardReasoning.Models;
using Line = RewardReasoning.Evaluation.Plots.Line;

namespace RewardReasoning.Bench;

/// <summary>
/// What a budget over a whole file saves: the tokens that it takes to be as often right as fixed votes and as voting that ends pair by
/// pair. Three judges: a model that judges labelled pairs at temperature 1 with all votes, of which each rule takes the first ones; and two
/// simulated ones. Usage: <c>budget [--out FOLDER] [--pairs FILE] [--limit N] [--model FOLDER] [--simulated N]</c>; FOLDER/judging.md gets
/// the table between its marks, FOLDER/plots the plot.
/// </summary>
internal static class BudgetBenchmark
{
    internal const int MaxVotes = 17;

    /// <summary>Less than this is chance: about one pair of 1,000.</summary>
    internal const double Tolerance = 0.001;
    private const string DefaultModel = "models/rrm-mini";
    private static readonly double[] Plotted = [1.1, 1.2, 1.3, 1.4, 1.5, 1.75, 2, 2.5, 3, 4, 5, 6];
    internal static readonly (string Name, int Votes, string Rule)[] Rules =
    [
        ("fixed, 9 votes", 9, "fixed"),
        ("`--adaptive 0.95`, at most 9", 9, "0.95"),
        ("`--adaptive 0.95`, at most 17", 17, "0.95"),
        ("`--adaptive 0.85`, at most 17", 17, "0.85"),
    ];

    public static async Task<int> RunAsync(string[] args)
    {
        int simulated = int.Parse(Arguments.ValueOf(args, "--simulated") ?? "20000", CultureInfo.InvariantCulture);
        Machine.Print();
        (string Name, Recorded[] Pairs)[] judges =
        [
            ("rrm-mini, temperature 1", await MeasuredAsync(args)),
            ("simulated, of mixed difficulty", Simulated(simulated, Mixed)),
            ("simulated, bound to the order in a third of the pairs", Simulated(simulated, OrderBound)),
        ];
        StringBuilder text = new();
        text.AppendLine("| judge | pairs | rule | tokens a pair | accuracy | a budget as accurate: tokens a pair | of the rule's |");
        text.AppendLine("|---|---|---|---|---|---|---|");
        List<Line> lines = [];
        foreach ((string name, Recorded[] pairs) in judges)
        {
            List<(double Tokens, double Accuracy)> budgets = [];
            for (double votes = 1.1; votes < 10; votes = Math.Round(votes * 1.04, 3))
            {
                budgets.Add(await SpentAsync(pairs, votes));
            }

            foreach ((string rule, int votes, string stopping) in Rules)
            {
                (double tokens, double accuracy) = Stopped(pairs, votes, VoteStopping.Parse(stopping));
                (double Tokens, double Accuracy)[] enough = [.. budgets.Where(budget => budget.Accuracy >= accuracy - Tolerance)];
                string same =
                    enough.Length > 0
                        ? string.Create(CultureInfo.InvariantCulture, $"{enough[0].Tokens:0} | {enough[0].Tokens / tokens:0%}")
                        : "none | -";
                text.AppendLine(
                    string.Create(
                        CultureInfo.InvariantCulture,
                        $"| {name} | {pairs.Length:#,0} | {rule} | {tokens:0} | {accuracy:0.00%} | {same} |"
                    )
                );
            }

            if (name == judges[0].Name)
            {
                lines.Add(await BudgetLineAsync(pairs));
                lines.Add(RuleLine(pairs));
            }
        }

        Console.WriteLine(text);
        if (Arguments.ValueOf(args, "--out") is { } output)
        {
            DocumentPart.Replace(Path.Combine(output, "judging.md"), "budget", text.ToString());
            new LineChart
            {
                Title = FormattableString.Invariant($"{judges[0].Pairs.Length:#,0} held-out pairs, rrm-mini at temperature 1"),
                XTitle = "generated tokens a pair",
                YTitle = "accuracy",
                IsPercent = true,
                Lines = lines,
            }.Save(Path.Combine(output, "plots", "budget.svg"));
        }

        return 0;
    }

    private static async Task<Line> BudgetLineAsync(Recorded[] pairs)
    {
        List<(double Tokens, double Accuracy)> points = [];
        foreach (double votes in Plotted)
        {
            points.Add(await SpentAsync(pairs, votes));
        }

        return new("budget over the file", [.. points.Select(point => point.Tokens)], [.. points.Select(point => point.Accuracy)]);
    }

    private static Line RuleLine(Recorded[] pairs)
    {
        (double Tokens, double Accuracy)[] points =
        [
            .. new[] { 0.8, 0.85, 0.9, 0.95, 0.98, 0.99 }.Select(level => Stopped(pairs, MaxVotes, new VoteStopping.Confidence(level))),
        ];
        return new(
            "pair by pair, confidence 0.8 to 0.99, at most 17 votes",
            [.. points.Select(point => point.Tokens)],
            [.. points.Select(point => point.Accuracy)]
        );
    }

    internal static (double Tokens, double Accuracy) Stopped(Recorded[] pairs, int votes, VoteStopping stopping)
    {
        Recorded[] fresh = [.. pairs.Select(pair => pair.Again())];
        foreach (Recorded pair in fresh)
        {
            while (StoppingRule.EndAt(stopping, pair.First, pair.Second, votes - pair.Asked) is null)
            {
                pair.Ask();
            }
        }

        return Reached(fresh);
    }

    internal static async Task<(double Tokens, double Accuracy)> SpentAsync(Recorded[] pairs, double votes)
    {
        Recorded[] fresh = [.. pairs.Select(pair => pair.Again())];
        double first = pairs.Sum(pair => (double)pair.FirstTokens);
        await new VoteAllocation(fresh, new VoteBudget((long)(votes * first), InTokens: true)).RunAsync(
            _ => Task.CompletedTask,
            CancellationToken.None
        );
        return Reached(fresh);
    }

    private static (double Tokens, double Accuracy) Reached(Recorded[] pairs) =>
        (pairs.Average(pair => (double)pair.Tokens), pairs.Average(pair => pair.Credit));

    internal static async Task<Recorded[]> MeasuredAsync(string[] args) => await JudgedAsync(args, await PairsAsync(args));

    /// <summary>Different labelled pairs that the model can judge.</summary>
    internal static async Task<PairContent[]> PairsAsync(string[] args)
    {
        string folder = Arguments.ValueOf(args, "--model") ?? DefaultModel;
        int limit = int.Parse(Arguments.ValueOf(args, "--limit") ?? $"{int.MaxValue}", CultureInfo.InvariantCulture);
        JudgeFiles files = JudgeFiles.Read(folder);
        return await RowReader
            .ReadAsync(Arguments.ValueOf(args, "--pairs") ?? "recipes/rrm-mini/heldout.jsonl")
            .Select(RowRecognizer.Recognize)
            .OfType<PairContent>()
            .Where(row => row.Label != Verdict.Unparsable && files.Domain?.Check(row.Comparison) is null)
            .DistinctBy(row => Convert.ToHexString(ComparisonHash.OfUnorderedPair(row.Comparison)))
            .Take(limit)
            .ToArrayAsync();
    }

    internal static async Task<Recorded[]> JudgedAsync(string[] args, PairContent[] pairs)
    {
        string folder = Arguments.ValueOf(args, "--model") ?? DefaultModel;
        JudgeFiles files = JudgeFiles.Read(folder);
        using LocalChatClient client = LocalChatClient.Load(folder);
        JudgeOptions options = files.ApplyTo(
            new JudgeOptions
            {
                Votes = MaxVotes,
                Temperature = 1,
                Concurrency = 512,
            }
        );
        ReasoningJudge judge = new(client, options);
        Judgment[] judgments = await Task.WhenAll(pairs.Select(pair => judge.JudgeAsync(pair.Comparison)));
        return
        [
            .. pairs.Zip(
                judgments,
                (pair, judgment) =>
                    new Recorded([
                        .. judgment
                            .Votes.Take(MaxVotes)
                            .Select(vote => new RecordedVote(
                                vote.Verdict == Verdict.Unparsable ? null : vote.Verdict == pair.Label,
                                vote.Usage.OutputTokens,
                                vote.Verdict == Verdict.Unparsable ? 1
                                    : vote.FirstProbability is { } first ? Math.Min(first, 1 - first)
                                    : null
                            )),
                    ])
            ),
        ];
    }

    internal static Recorded[] Simulated(int pairs, Func<SeededRandom, (RecordedVote[] Votes, double Right)> judge)
    {
        SeededRandom random = new(42);
        return
        [
            .. Enumerable
                .Range(0, pairs)
                .Select(_ =>
                {
                    (RecordedVote[] votes, double right) = judge(random);
                    return new Recorded(votes) { Right = right };
                }),
        ];
    }

    /// <summary>
    /// 60 of 100 pairs are easy (a vote is right with a probability from Beta(30, 1)), 30 middling (0.6 to 0.9), 10 next to a coin (0.35 to
    /// 0.65); a vote on a pair next to a coin writes three times as much as one on a pair that is sure.
    /// </summary>
    internal static (RecordedVote[] Votes, double Right) Mixed(SeededRandom random)
    {
        double kind = random.NextUnit();
        double right =
            kind < 0.6 ? Math.Pow(random.NextUnit(), 1.0 / 30)
            : kind < 0.9 ? 0.6 + (0.3 * random.NextUnit())
            : 0.35 + (0.3 * random.NextUnit());
        double tokens = 60 * (1 + (2 * (1 - Math.Abs((2 * right) - 1))));
        return ([.. Enumerable.Range(0, MaxVotes).Select(_ => Vote(random, random.Chance(right), tokens))], right);
    }

    /// <summary>
    /// As PaLM 2 (Vanilla) is recorded on LLMBar: right in both orders 48, wrong in both 19, and 33 times of 100 it prefers what is shown
    /// in one place. One vote of 20 deviates.
    /// </summary>
    private static (RecordedVote[] Votes, double Right) OrderBound(SeededRandom random)
    {
        double kind = random.NextUnit();
        bool favoursFirst = random.Chance(0.5);
        RecordedVote[] votes =
        [
            .. Enumerable
                .Range(0, MaxVotes)
                .Select(vote =>
                    kind < 0.48 ? true
                    : kind < 0.67 ? false
                    : (vote % 2 == 0) == favoursFirst
                )
                .ToArray()
                .Select(usual => Vote(random, usual ^ random.Chance(0.05), 100)),
        ];
        return (votes, double.NaN);
    }

    private static RecordedVote Vote(SeededRandom random, bool right, double tokens) =>
        new(right, (long)Math.Round(tokens * (0.7 + (0.6 * random.NextUnit()))), null);

    internal readonly record struct RecordedVote(bool? IsRight, long Tokens, double? Doubt);

    /// <summary>A pair whose votes are known beforehand; its first response is the right one.</summary>
    internal sealed class Recorded(RecordedVote[] votes) : IBudgetedPair
    {
        public int First { get; private set; }

        public int Second { get; private set; }

        public int Asked { get; private set; }

        public int MaxVotes => votes.Length;

        public int Step => 1;

        public long Tokens { get; private set; }

        public double? Doubt => votes[0].Doubt;

        public bool IsClosed => false;

        public long FirstTokens => votes[0].Tokens;

        /// <summary>The probability with which a simulated vote is right.</summary>
        public double Right { get; init; }

        /// <summary>1 where the votes so far are right, 0 where they are wrong, ½ on a draw.</summary>
        public double Credit =>
            First > Second ? 1
            : First < Second ? 0
            : 0.5;

        public Recorded Again() => new(votes) { Right = Right };

        public void Ask()
        {
            RecordedVote vote = votes[Asked++];
            Tokens += vote.Tokens;
            First += vote.IsRight == true ? 1 : 0;
            Second += vote.IsRight == false ? 1 : 0;
        }

        public Task AskAsync(CancellationToken cancellationToken)
        {
            Ask();
            return Task.CompletedTask;
        }
    }
}
