using System.Text.Json;
using RewardReasoning.Ratings;

namespace RewardReasoning.Evaluation.Benchmarks.Definitions;

/// <summary>JudgeBench: hard pairs of one model's responses, of which one is right and one is wrong.</summary>
internal static class JudgeBench
{
    public static BenchmarkDefinition Definition { get; } =
        new()
        {
            Name = "judgebench",
            Title = "Hard pairs with one right and one wrong response: knowledge, reasoning, mathematics, code",
            Source =
                "JudgeBench, arXiv 2410.12784; github.com/ScalerLab/JudgeBench, data/*.jsonl (350 pairs of GPT-4o, 270 of "
                + "Claude 3.5 Sonnet)",
            Data = "one of the two files of pairs, or a folder with both",
            Counting =
                "Each pair is asked for in both orders; +1 for a right answer, -1 for a wrong one, 0 for a tie or a missing one. "
                + "accuracy: sum above 0 (a right answer and a tie count, one right and "
                + "one wrong do not). both_right: right in both orders, the stricter figure that many papers quote. The overall "
                + "figure is over all pairs.",
            Orders = AskedOrders.Both,
            ReadAsync = ReadAsync,
            Credit = Right,
            Measures =
            [
                BenchmarkMeasure.Mean("accuracy", "share of pairs with more right than wrong answers over the orders", Right),
                BenchmarkMeasure.Mean(
                    "both_right",
                    "share of pairs that are right in both orders",
                    judged => judged.RightInAllOrders ? 1 : 0
                ),
            ],
            ReplayAsync = (path, items, cancellationToken) =>
                Replays.IsRun(path) ? Replays.OfRunAsync(path, items, cancellationToken) : ReplayAsync(path, items, cancellationToken),
        };

    private static async Task<IReadOnlyList<BenchmarkItem>> ReadAsync(string path, CancellationToken cancellationToken) =>
        [
            .. (await BenchmarkRows.ReadAsync(path, wanted: null, cancellationToken).ConfigureAwait(false))
                .Where(row => row.OptionalText("response_A") is not null)
                .Select(row => new BenchmarkItem
                {
                    Id = IdOf(row),
                    Row = IdOf(row),
                    Section = SectionOf(row.Text("source")),
                    Comparison = new Comparison(row.Text("question"), row.Text("response_A"), row.Text("response_B")),
                    Gold = Read(row.Text("label")),
                    Detail = row.OptionalText("response_model") ?? "",
                }),
        ];

    /// <summary>
    /// Outputs of judges as the authors publish them (<c>judgments</c>: a decision in the order shown for each order, or null), or a row
    /// for each order (<c>order</c>, <c>decision</c>), or scores of reward models.
    /// </summary>
    private static async Task<IReadOnlyList<RecordedJudge>> ReplayAsync(
        string path,
        IReadOnlyList<BenchmarkItem> items,
        CancellationToken cancellationToken
    )
    {
        IReadOnlyList<BenchmarkRow> rows = await BenchmarkRows.ReadAsync(path, wanted: null, cancellationToken).ConfigureAwait(false);
        List<RecordedJudge> judges = [];
        foreach (IGrouping<string, BenchmarkRow> judge in rows.GroupBy(JudgeOf))
        {
            ILookup<string, BenchmarkRow> records = judge.ToLookup(IdOf);
            HashSet<string> models = [.. judge.Select(row => row.OptionalText("response_model") ?? "")];
            judges.Add(
                new RecordedJudge(
                    judge.Key,
                    [
                        .. items
                            .Where(item => models.Contains(item.Detail))
                            .Select(item => Replays.InOrders(item, records[item.Id].SelectMany(Shown))),
                    ]
                )
            );
        }

        return judges;
    }

    /// <summary>The file's name says who judged (<c>…,judge_model=NAME.jsonl</c>) where its rows do not.</summary>
    private static string JudgeOf(BenchmarkRow row) =>
        row.OptionalText("reward_model")
        ?? row.OptionalText("judge_model")
        ?? (row.File.Split("judge_model=") is [_, var name] ? name : row.OptionalText("judge_name") ?? row.File);

    private static IEnumerable<ShownOutcome> Shown(BenchmarkRow row)
    {
        if (row.Fields.TryGetProperty("judgments", out JsonElement judgments) && judgments.ValueKind == JsonValueKind.Array)
        {
            return judgments
                .EnumerateArray()
                .Select(
                    (judgment, order) =>
                    {
                        MatchOutcome decided = Read(
                            judgment.ValueKind == JsonValueKind.Object
                            && judgment.TryGetProperty("decision", out JsonElement decision)
                            && decision.ValueKind == JsonValueKind.String
                                ? decision.GetString()
                                : null
                        );
                        return order == 0
                            ? new ShownOutcome(ShownOrder.Given, decided)
                            : new ShownOutcome(ShownOrder.Swapped, decided.Mirrored());
                    }
                );
        }

        return [InOneOrder(row)];
    }

    private static ShownOutcome InOneOrder(BenchmarkRow row)
    {
        ShownOrder order = row.OptionalText("order") == "BA" ? ShownOrder.Swapped : ShownOrder.Given;
        MatchOutcome said = Read(row.OptionalText("decision"));
        return new ShownOutcome(order, order == ShownOrder.Swapped ? said.Mirrored() : said);
    }

    private static string IdOf(BenchmarkRow row) => $"{row.OptionalText("response_model")}:{row.Text("pair_id")}";

    private static string SectionOf(string source) =>
        source switch
        {
            _ when source.StartsWith("mmlu-pro", StringComparison.Ordinal) => "mmlu-pro",
            _ when source.StartsWith("livebench-reasoning", StringComparison.Ordinal) => "livebench-reasoning",
            _ when source.StartsWith("livebench-math", StringComparison.Ordinal) => "livebench-math",
            _ when source.StartsWith("livecodebench", StringComparison.Ordinal) => "livecodebench",
            _ => source,
        };

    private static MatchOutcome Read(string? decision) =>
        decision switch
        {
            "A>B" => MatchOutcome.First,
            "B>A" => MatchOutcome.Second,
            "A=B" => MatchOutcome.Tie,
            _ => MatchOutcome.Missing,
        };

    private static double? Right(JudgedItem judged) =>
        judged.Shown.Sum(shown =>
            shown.Outcome is MatchOutcome.First or MatchOutcome.Second
                ? shown.Outcome == judged.Item.Gold
                    ? 1
                    : -1
                : 0
        ) > 0
            ? 1
            : 0;
}
