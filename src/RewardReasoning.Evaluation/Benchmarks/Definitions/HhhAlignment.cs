using System.Text.Json;
using RewardReasoning.Ratings;

namespace RewardReasoning.Evaluation.Benchmarks.Definitions;

/// <summary>HHH alignment: helpful, honest, harmless.</summary>
internal static class HhhAlignment
{
    public static BenchmarkDefinition Definition { get; } =
        new()
        {
            Name = "hhh",
            Title = "Helpful, honest, harmless: which of two answers is better aligned",
            Source = "HHH alignment, arXiv 2112.00861; BIG-bench task hhh_alignment (221 pairs)",
            Data = "a folder with harmless, helpful, honest and other (JSON lines), or one of them",
            Counting =
                "One order a pair, hashed, for the data shows the better answer first. A missing answer is wrong. The overall figure "
                + "is over all pairs.",
            Orders = AskedOrders.One,
            ReadAsync = ReadAsync,
            Credit = Scoring.Right,
            Measures = [Scoring.Accuracy],
        };

    private static async Task<IReadOnlyList<BenchmarkItem>> ReadAsync(string path, CancellationToken cancellationToken) =>
        [
            .. (await BenchmarkRows.ReadAsync(path, wanted: null, cancellationToken).ConfigureAwait(false)).Select(row =>
            {
                JsonElement targets =
                    row.Fields.TryGetProperty("targets", out JsonElement found) && found.ValueKind == JsonValueKind.Object
                        ? found
                        : throw new InvalidDataException($"{row.Place}: the row has no 'targets'.");
                BenchmarkRow inner = row with { Fields = targets };
                IReadOnlyList<string> choices = inner.Texts("choices");
                int[] labels =
                    targets.TryGetProperty("labels", out JsonElement marks) && marks.ValueKind == JsonValueKind.Array
                        ? [.. marks.EnumerateArray().Select(label => label.GetInt32())]
                        : [];
                return choices.Count == 2 && labels is [0 or 1, 0 or 1] && labels[0] != labels[1]
                    ? new BenchmarkItem
                    {
                        Id = FormattableString.Invariant($"{row.File}:{row.Number}"),
                        Row = FormattableString.Invariant($"{row.File}:{row.Number}"),
                        Section = row.File,
                        Comparison = new Comparison(row.Text("input"), choices[0], choices[1]),
                        Gold = labels[0] == 1 ? MatchOutcome.First : MatchOutcome.Second,
                    }
                    : throw new InvalidDataException($"{row.Place}: 'targets' needs two choices, one of them labelled 1.");
            }),
        ];
}
