using System.Globalization;
using System.Text;
using RewardReasoning.Calibration;
using RewardReasoning.Data.Recognition;
using RewardReasoning.Data.Rows;
using RewardReasoning.Evaluation;
using RewardReasoning.Evaluation.Benchmarks;
using RewardReasoning.Judging;
using RewardReasoning.Models;
using RewardReasoning.Ratings;

namespace RewardReasoning.Bench;

/// <summary>
/// What abstention promises and what it reaches: labelled judgments are split by query into two halves at random, the threshold is fitted
/// to one half, and the risk counted on the other, again and again. The judges are a model that judges labelled pairs now, and the recorded
/// judges of JudgeBench, LLMBar and PandaLM, whose uncertainty is in their verdicts alone (the same in both orders, or not).
/// Usage: <c>abstain [--splits N] [--pairs FILE] [--limit N] [--model FOLDER] [--data FOLDER] [--judges] [--out FOLDER]</c>; --judges
/// prints a line for each recorded judge; FOLDER/judging.md gets the table between its marks.
/// </summary>
internal static class AbstentionBenchmark
{
    private static readonly double[] Risks = [0.01, 0.05, 0.1];
    private static readonly (string Name, string Data, string[] Records)[] Recorded =
    [
        ("judgebench", "judgebench", ["judgebench/judge-outputs.jsonl.gz", "judgebench/reward-model-scores.jsonl"]),
        ("llmbar", "llmbar", ["llmbar/judgments.jsonl.gz"]),
        ("pandalm", "pandalm/testset-v1.json", ["pandalm/pandalm-7b-testset-v1.json", "pandalm/gpt-3.5-turbo-testset-v1.json"]),
    ];

    public static async Task<int> RunAsync(string[] args)
    {
        int splits = int.Parse(Arguments.ValueOf(args, "--splits") ?? "1000", CultureInfo.InvariantCulture);
        string data = Arguments.ValueOf(args, "--data") ?? "tests/Fixtures/data";
        Machine.Print();
        List<(string Name, IReadOnlyList<Judged> Judgments)[]> groups = [];
        List<string> names = [];
        foreach ((string setting, JudgeOptions options) in Settings())
        {
            groups.Add([(setting, await JudgeAsync(args, options))]);
            names.Add(setting);
        }

        foreach ((string name, string path, string[] records) in Recorded)
        {
            groups.Add([.. await RecordedAsync(name, path, records, data)]);
            names.Add($"{name}, {groups[^1].Length} recorded judges");
        }

        StringBuilder text = new();
        text.AppendLine(
            string.Create(
                CultureInfo.InvariantCulture,
                $"Over {splits:#,0} random splits of the queries into halves; the share of the labelled pairs that is given and the share of these that is wrong, over all splits; splits without any threshold give nothing:"
            )
        );
        text.AppendLine();
        text.AppendLine(
            "| judge | pairs | wrong | promised | in 9 of 10 fits: given | wrong | splits above | on average: given | wrong | splits above |"
        );
        text.AppendLine("|---|---|---|---|---|---|---|---|---|---|");
        foreach ((string name, (string Name, IReadOnlyList<Judged> Judgments)[] judges) in names.Zip(groups))
        {
            Append(text, name, [.. judges.Select(judge => judge.Judgments)], splits);
            if (args.Contains("--judges") && judges.Length > 1)
            {
                foreach ((string judge, IReadOnlyList<Judged> judgments) in judges)
                {
                    Append(text, judge, [judgments], splits);
                }
            }
        }

        Console.WriteLine(text);
        if (Arguments.ValueOf(args, "--out") is { } output)
        {
            DocumentPart.Replace(Path.Combine(output, "judging.md"), "abstain", text.ToString());
        }

        return 0;
    }

    private static IEnumerable<(string Name, JudgeOptions Options)> Settings() =>
        [
            ("rrm-mini, one vote", new JudgeOptions { Temperature = 1 }),
            ("rrm-mini, one vote in both orders", new JudgeOptions { Temperature = 1, Order = VoteOrder.Both }),
            (
                "rrm-mini, one vote in both orders, no log-probs",
                new JudgeOptions
                {
                    Temperature = 1,
                    Order = VoteOrder.Both,
                    SoftVerdicts = false,
                }
            ),
        ];

    private static void Append(StringBuilder text, string name, IReadOnlyList<IReadOnlyList<Judged>> judges, int splits)
    {
        long pairs = judges.Sum(judgments => (long)judgments.Count);
        double wrong = judges.Sum(judgments => judgments.Count(judged => !judged.IsRight)) / (double)pairs;
        foreach (double risk in Risks)
        {
            Reached average = Sum(new AbstentionTarget(risk) { Confidence = null }),
                confident = Sum(new AbstentionTarget(risk));
            text.AppendLine(
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"| {name} | {pairs:#,0} | {wrong:0.0%} | {risk:0%} | {confident.Text} | {average.Text} |"
                )
            );
        }

        Reached Sum(AbstentionTarget target) =>
            judges.Select(judgments => Split(judgments, target, splits)).Aggregate((one, other) => one + other);
    }

    private static Reached Split(IReadOnlyList<Judged> judgments, AbstentionTarget target, int splits)
    {
        Judged[][] queries = [.. judgments.GroupBy(judged => judged.Query).Select(query => query.ToArray())];
        Reached[] all = new Reached[splits];
        Parallel.For(
            0,
            splits,
            split =>
            {
                SeededRandom random = new((ulong)split);
                Judged[][] dealt =
                [
                    .. queries.Select(query => (Query: query, At: random.NextUnit())).OrderBy(pair => pair.At).Select(pair => pair.Query),
                ];
                AbstentionFit fit = AbstentionFit.Of(
                    dealt.Take(dealt.Length / 2).Select(query => (query[0].Uncertainty, query[0].IsRight))
                );
                double threshold = fit.LevelFor(target)?.Uncertainty ?? double.NegativeInfinity;
                Judged[] held = [.. dealt.Skip(dealt.Length / 2).SelectMany(query => query)];
                Judged[] given = [.. held.Where(judged => judged.Uncertainty <= threshold)];
                int wrong = given.Count(judged => !judged.IsRight);
                all[split] = new(1, wrong > target.Risk * given.Length ? 1 : 0, held.Length, given.Length, wrong);
            }
        );
        return all.Aggregate((one, other) => one + other);
    }

    private static async Task<IReadOnlyList<Judged>> JudgeAsync(string[] args, JudgeOptions options)
    {
        string folder = Arguments.ValueOf(args, "--model") ?? "models/rrm-mini";
        int limit = int.Parse(Arguments.ValueOf(args, "--limit") ?? $"{int.MaxValue}", CultureInfo.InvariantCulture);
        using OpenedJudge judge = LocalJudge.Open(folder, options);
        PairContent[] pairs = await RowReader
            .ReadAsync(Arguments.ValueOf(args, "--pairs") ?? "recipes/rrm-mini/heldout.jsonl")
            .Select(RowRecognizer.Recognize)
            .OfType<PairContent>()
            .Where(row => row.Label != Verdict.Unparsable && judge.Domain?.Check(row.Comparison) is null)
            .DistinctBy(row => Convert.ToHexString(ComparisonHash.OfUnorderedPair(row.Comparison)))
            .Take(limit)
            .ToArrayAsync();
        Judgment[] judgments = await Task.WhenAll(pairs.Select(pair => judge.JudgeAsync(pair.Comparison)));
        return
        [
            .. pairs
                .Zip(judgments)
                .Where(pair => pair.Second.Preferred is not null)
                .Select(pair => new Judged(
                    pair.First.Comparison.Query,
                    pair.Second.Uncertainty ?? 1,
                    pair.Second.Preferred == pair.First.Label
                )),
        ];
    }

    private static async Task<IEnumerable<(string Name, IReadOnlyList<Judged> Judgments)>> RecordedAsync(
        string name,
        string path,
        string[] records,
        string data
    )
    {
        BenchmarkDefinition benchmark = (BenchmarkDefinition)BenchmarkCatalog.Find(name);
        IReadOnlyList<BenchmarkItem> items = await benchmark.ReadAsync(Path.Combine(data, path), default);
        List<(string, IReadOnlyList<Judged>)> judges = [];
        foreach (string record in records)
        {
            foreach (RecordedJudge judge in await benchmark.ReplayAsync(Path.Combine(data, record), items, default))
            {
                judges.Add((judge.Name, [.. judge.Items.Where(IsLabelled).Select(Of)]));
            }
        }

        return judges;

        static bool IsLabelled(JudgedItem judged) =>
            judged.Item.Gold is MatchOutcome.First or MatchOutcome.Second && judged.Preferred != MatchOutcome.Missing;
    }

    /// <summary>
    /// A recorded verdict is sure where all orders agree; one that is a tie, over both orders or in itself, is not at all.
    /// </summary>
    private static Judged Of(JudgedItem judged)
    {
        MatchOutcome[] said = [.. judged.Shown.Select(shown => shown.Outcome).Where(outcome => outcome != MatchOutcome.Missing)];
        double share = said.Average(outcome =>
            outcome == MatchOutcome.Tie ? 0.5
            : outcome == judged.Preferred ? 1
            : 0
        );
        return new(
            judged.Item.Comparison.Query,
            judged.Preferred == MatchOutcome.Tie ? 1 : PreferenceEntropy.Of(share),
            judged.Preferred == judged.Item.Gold
        );
    }

    private readonly record struct Judged(string Query, double Uncertainty, bool IsRight);

    private readonly record struct Reached(int Splits, int Above, long Held, long Given, long Wrong)
    {
        public string Text =>
            string.Create(
                CultureInfo.InvariantCulture,
                $"{(double)Given / Held:0.0%} | {(Given == 0 ? "-" : $"{(double)Wrong / Given:0.00%}")} | {(double)Above / Splits:0.0%}"
            );

        public static Reached operator +(Reached one, Reached other) =>
            new(
                one.Splits + other.Splits,
                one.Above + other.Above,
                one.Held + other.Held,
                one.Given + other.Given,
                one.Wrong + other.Wrong
            );
    }
}
