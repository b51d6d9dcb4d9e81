using System.Globalization;
using System.Text.Json;
using RewardReasoning.Ratings;

namespace RewardReasoning.Evaluation.Benchmarks.Definitions;

/// <summary>Preference Proxy Evaluations: human preferences, and pairs of a right and a wrong answer with a verifiable reference.</summary>
internal static class Ppe
{
    public static BenchmarkDefinition Definition { get; } =
        new()
        {
            Name = "ppe",
            Title = "Human preferences, and right against wrong answers to verifiable questions",
            Source =
                "PPE, arXiv 2410.14872; Hugging Face lmarena-ai/PPE-Human-Preference-V1 and "
                + "PPE-{MMLU-Pro,MATH,GPQA,IFEval,MBPP-Plus}-Best-of-K",
            Data = "a folder with the sets as JSON lines, each file named for its set, or one of them",
            Counting =
                "Human set: one comparison a row, tied rows left out. Best-of-k sets: the row's sampled_conflict_pairs, five pairs "
                + "of a right with a wrong answer, drawn together in the bootstrap. One order, hashed; a "
                + "missing answer counts half, as in the released judges' own evaluation. A set's figure is over its pairs, the "
                + "overall one the mean of the sets.",
            Orders = AskedOrders.One,
            ReadAsync = ReadAsync,
            Credit = Credit,
            Measures =
            [
                new(
                    "accuracy",
                    "mean over the sets of the share of pairs that are right",
                    items =>
                        items
                            .GroupBy(item => item.Judged.Item.Section)
                            .Select(set => BenchmarkMeasure.Mean(set, Credit))
                            .DefaultIfEmpty(double.NaN)
                            .Average()
                ),
            ],
        };

    private static async Task<IReadOnlyList<BenchmarkItem>> ReadAsync(string path, CancellationToken cancellationToken)
    {
        List<BenchmarkItem> items = [];
        foreach (BenchmarkRow row in await BenchmarkRows.ReadAsync(path, wanted: null, cancellationToken).ConfigureAwait(false))
        {
            string name = FormattableString.Invariant($"{row.File}:{row.OptionalText("question_id")}:{row.Number}");
            if (row.Fields.TryGetProperty("sampled_conflict_pairs", out JsonElement pairs))
            {
                items.AddRange(Conflicts(row, name, pairs));
            }
            else if (row.Text("winner") is var winner && !winner.StartsWith("tie", StringComparison.OrdinalIgnoreCase))
            {
                items.Add(
                    new BenchmarkItem
                    {
                        Id = name,
                        Row = name,
                        Section = row.File,
                        Comparison = new Comparison(row.Text("prompt"), row.Text("response_1"), row.Text("response_2")),
                        Gold = winner switch
                        {
                            "model_a" or "1" => MatchOutcome.First,
                            "model_b" or "2" => MatchOutcome.Second,
                            _ => throw new InvalidDataException($"{row.Place}: the winner is '{winner}'; it is model_a, model_b or a tie."),
                        },
                    }
                );
            }
        }

        return items;
    }

    private static IEnumerable<BenchmarkItem> Conflicts(BenchmarkRow row, string name, JsonElement pairs)
    {
        bool[] scores =
            row.Fields.TryGetProperty("scores", out JsonElement list) && list.ValueKind == JsonValueKind.Array
                ? [.. list.EnumerateArray().Select(score => score.ValueKind == JsonValueKind.True)]
                : throw new InvalidDataException($"{row.Place}: the row has no list of 'scores'.");
        foreach (JsonElement pair in pairs.EnumerateArray())
        {
            int[] ends = [.. pair.EnumerateArray().Select(end => end.GetInt32())];
            if (ends is not [var i, var j] || i < 0 || j < 0 || i >= scores.Length || j >= scores.Length || scores[i] == scores[j])
            {
                throw new InvalidDataException(
                    $"{row.Place}: a conflict pair is {pair.GetRawText()}; it names one right and one wrong response, from 0."
                );
            }

            yield return new BenchmarkItem
            {
                Id = FormattableString.Invariant($"{name}:{i}-{j}"),
                Row = name,
                Section = row.File,
                Comparison = new Comparison(row.Text("prompt"), Response(row, i), Response(row, j)),
                Gold = scores[i] ? MatchOutcome.First : MatchOutcome.Second,
            };
        }
    }

    private static string Response(BenchmarkRow row, int index) =>
        row.Text($"response_{(index + 1).ToString(CultureInfo.InvariantCulture)}");

    private static double? Credit(JudgedItem judged) =>
        judged.Preferred is MatchOutcome.Missing or MatchOutcome.Tie or MatchOutcome.Abstained ? 0.5
        : judged.Preferred == judged.Item.Gold ? 1
        : 0;
}
