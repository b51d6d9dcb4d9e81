using RewardReasoning.Evaluation.Metrics;
using RewardReasoning.Ratings;

namespace RewardReasoning.Evaluation.Benchmarks.Definitions;

/// <summary>
/// PandaLM's test set: pairs of answers to instructions, three human votes each. Papers count it in several ways and seldom say which, so
/// three conventions are reported side by side.
/// </summary>
internal static class PandaLm
{
    /// <summary>A preference with fewer of the votes than this is a tie in the third convention.</summary>
    private const double DecisiveShare = 2.0 / 3;

    public static BenchmarkDefinition Definition { get; } =
        new()
        {
            Name = "pandalm",
            Title = "Instruction following, majority of three human votes, ties among them",
            Source = "PandaLM, arXiv 2306.05087; github.com/WeOpenML/PandaLM, data/testset-v1.json (999 rows)",
            Data = "testset-v1.json, or the folder that holds it",
            Counting =
                "A missing answer counts as a tie, as in PandaLM's own parser. accuracy, macro_*: three classes, all present. "
                + "decided_accuracy: rows whose majority is not a tie. "
                + "band_*: three classes, where a preference with less than two thirds of the votes is a tie. Rows without a "
                + "majority are left out.",
            Orders = AskedOrders.One,
            ReadAsync = ReadAsync,
            Credit = judged => Right(judged, Plain),
            Measures =
            [
                BenchmarkMeasure.Mean("accuracy", "share of rows with the majority's class", judged => Right(judged, Plain)),
                Average("macro_precision", scores => scores.Precision, Plain),
                Average("macro_recall", scores => scores.Recall, Plain),
                Average("macro_f1", scores => scores.F1, Plain),
                BenchmarkMeasure.Mean(
                    "decided_accuracy",
                    "share of rows without a tie that are right",
                    judged => judged.Item.Gold == MatchOutcome.Tie ? null : Right(judged, Plain)
                ),
                BenchmarkMeasure.Mean("band_accuracy", "accuracy where a weak preference is a tie", judged => Right(judged, Banded)),
                Average("band_macro_f1", scores => scores.F1, Banded),
            ],
            ReplayAsync = (path, items, cancellationToken) =>
                Replays.IsRun(path) ? Replays.OfRunAsync(path, items, cancellationToken) : ReplayAsync(path, items, cancellationToken),
        };

    private static async Task<IReadOnlyList<BenchmarkItem>> ReadAsync(string path, CancellationToken cancellationToken) =>
        [
            .. (
                await BenchmarkRows
                    .ReadAsync(path, name => name.StartsWith("testset-v1.", StringComparison.Ordinal), cancellationToken)
                    .ConfigureAwait(false)
            ).Select(row => new BenchmarkItem
            {
                Id = row.Text("idx"),
                Row = row.Text("idx"),
                Section = "all",
                Comparison = new Comparison(
                    row.OptionalText("input") is { Length: > 0 } input ? $"{row.Text("instruction")}\n\n{input}" : row.Text("instruction"),
                    row.Text("response1"),
                    row.Text("response2")
                ),
                Gold = Majority([row.Text("annotator1"), row.Text("annotator2"), row.Text("annotator3")]),
            }),
        ];

    private static async Task<IReadOnlyList<RecordedJudge>> ReplayAsync(
        string path,
        IReadOnlyList<BenchmarkItem> items,
        CancellationToken cancellationToken
    )
    {
        List<RecordedJudge> judges = [];
        IReadOnlyList<BenchmarkRow> rows = await BenchmarkRows
            .ReadAsync(path, name => !name.StartsWith("testset-", StringComparison.Ordinal), cancellationToken)
            .ConfigureAwait(false);
        foreach (IGrouping<string, BenchmarkRow> file in rows.GroupBy(row => row.File))
        {
            Dictionary<string, MatchOutcome> said = file.ToDictionary(
                row => row.Text("idx"),
                row => Read(row.OptionalText("gpt_result") ?? row.Text("pandalm_result"))
            );
            judges.Add(new RecordedJudge(file.Key, [.. items.Select(item => Replays.Once(item, said.GetValueOrDefault(item.Id)))]));
        }

        return judges;
    }

    private static MatchOutcome Majority(IReadOnlyList<string> votes) =>
        votes.GroupBy(vote => vote).FirstOrDefault(group => group.Count() > 1) is { } most ? Read(most.Key) : MatchOutcome.Missing;

    private static MatchOutcome Read(string answer) =>
        answer.ToLowerInvariant() switch
        {
            "1" => MatchOutcome.First,
            "2" => MatchOutcome.Second,
            "0" or "tie" => MatchOutcome.Tie,
            _ => MatchOutcome.Missing,
        };

    private static MatchOutcome Plain(JudgedItem judged) => judged.Preferred.IsAnswer() ? judged.Preferred : MatchOutcome.Tie;

    private static MatchOutcome Banded(JudgedItem judged) => judged.VoteShare < DecisiveShare ? MatchOutcome.Tie : Plain(judged);

    private static double? Right(JudgedItem judged, Func<JudgedItem, MatchOutcome> answer) =>
        judged.Item.Gold == MatchOutcome.Missing ? null
        : answer(judged) == judged.Item.Gold ? 1
        : 0;

    private static BenchmarkMeasure Average(string name, Func<ClassScores, double> part, Func<JudgedItem, MatchOutcome> answer) =>
        new(
            name,
            $"{name.Replace('_', ' ')} of three classes",
            items =>
            {
                ConfusionMatrix matrix = new(3);
                foreach (WeightedItem item in items.Where(item => item.Judged.Item.Gold != MatchOutcome.Missing))
                {
                    matrix.Add(item.Judged.Item.Gold - MatchOutcome.First, answer(item.Judged) - MatchOutcome.First, item.Weight);
                }

                return matrix.Total == 0 ? double.NaN : part(matrix.Average(ClassWeight.Macro, ClassSet.All));
            }
        );
}
