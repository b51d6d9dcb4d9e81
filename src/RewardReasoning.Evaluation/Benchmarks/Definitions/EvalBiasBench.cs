using RewardReasoning.Ratings;

namespace RewardReasoning.Evaluation.Benchmarks.Definitions;

/// <summary>EvalBiasBench: six biases of judges.</summary>
internal static class EvalBiasBench
{
    public static BenchmarkDefinition Definition { get; } =
        new()
        {
            Name = "evalbiasbench",
            Title = "Six biases: length, concreteness, empty reference, continuation, nested instruction, familiar knowledge",
            Source = "OffsetBias, arXiv 2407.06551; github.com/ncsoft/offsetbias (80 pairs)",
            Data = "biasbench.json (one object: bias, then its pairs) or its rows as biasbench.jsonl, or the folder that holds it",
            Counting =
                "Each pair is asked for in both orders; accuracy is the mean over them, a missing answer being wrong; both_right "
                + "needs both. The overall figure is over all pairs.",
            Orders = AskedOrders.Both,
            ReadAsync = ReadAsync,
            Credit = judged => judged.RightShare,
            Measures =
            [
                BenchmarkMeasure.Mean("accuracy", "mean accuracy over the orders", judged => judged.RightShare),
                BenchmarkMeasure.Mean(
                    "both_right",
                    "share of pairs that are right in both orders",
                    judged => judged.RightInAllOrders ? 1 : 0
                ),
            ],
        };

    private static async Task<IReadOnlyList<BenchmarkItem>> ReadAsync(string path, CancellationToken cancellationToken) =>
        [
            .. (
                await BenchmarkRows
                    .ReadAsync(path, name => name.StartsWith("biasbench", StringComparison.Ordinal), cancellationToken)
                    .ConfigureAwait(false)
            ).Select(row => new BenchmarkItem
            {
                Id = FormattableString.Invariant($"{row.Number}"),
                Row = FormattableString.Invariant($"{row.Number}"),
                Section = row.OptionalText("bias") ?? row.Text("group"),
                Comparison = new Comparison(row.Text("instruction"), row.Text("response1"), row.Text("response2")),
                Gold = row.Text("label") switch
                {
                    "1" => MatchOutcome.First,
                    "2" => MatchOutcome.Second,
                    var other => throw new InvalidDataException($"{row.Place}: the label is '{other}'; it is 1 or 2."),
                },
            }),
        ];
}
