using RewardReasoning.Ratings;

namespace RewardReasoning.Evaluation.Benchmarks.Definitions;

/// <summary>Auto-J's pairwise test set: 58 scenarios, human labels, ties among them.</summary>
internal static class AutoJ
{
    public static BenchmarkDefinition Definition { get; } =
        new()
        {
            Name = "autoj",
            Title = "Pairs of 58 everyday scenarios with human labels, ties among them",
            Source = "Auto-J, arXiv 2310.05470; github.com/GAIR-NLP/auto-j, testdata_pairwise.jsonl (1,392 pairs)",
            Data = "testdata_pairwise.jsonl, or the folder that holds it",
            Counting =
                "Each pair is asked for in both orders. agreement: the human label in both orders, as the authors count (a judge "
                + "without ties cannot agree on tied pairs). decided_accuracy: mean over the orders "
                + "on pairs that are not a tie. consistency: the same answer in both orders, where both have one.",
            Orders = AskedOrders.Both,
            ReadAsync = ReadAsync,
            Credit = judged => judged.RightInAllOrders ? 1 : 0,
            Measures =
            [
                BenchmarkMeasure.Mean(
                    "agreement",
                    "share of pairs with the human label in both orders",
                    judged => judged.RightInAllOrders ? 1 : 0
                ),
                BenchmarkMeasure.Mean(
                    "decided_accuracy",
                    "mean accuracy over the orders on pairs without a tie",
                    judged => judged.Item.Gold == MatchOutcome.Tie ? null : judged.RightShare
                ),
                BenchmarkMeasure.Mean("consistency", "share of pairs with the same answer in both orders", Replays.Agreement),
            ],
        };

    private static async Task<IReadOnlyList<BenchmarkItem>> ReadAsync(string path, CancellationToken cancellationToken) =>
        [
            .. (
                await BenchmarkRows
                    .ReadAsync(path, name => name.StartsWith("testdata_pairwise", StringComparison.Ordinal), cancellationToken)
                    .ConfigureAwait(false)
            ).Select(row => new BenchmarkItem
            {
                Id = FormattableString.Invariant($"{row.Number}"),
                Row = FormattableString.Invariant($"{row.Number}"),
                Section = "all",
                Comparison = new Comparison(row.Text("prompt"), row.Text("response 1"), row.Text("response 2")),
                Gold = row.Text("label") switch
                {
                    "0" => MatchOutcome.First,
                    "1" => MatchOutcome.Second,
                    "2" => MatchOutcome.Tie,
                    var other => throw new InvalidDataException($"{row.Place}: the label is '{other}'; it is 0, 1 or 2."),
                },
                Detail = row.Text("scenario"),
            }),
        ];
}
