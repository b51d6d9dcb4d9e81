using RewardReasoning.Data.Recognition;
using RewardReasoning.Data.Rows;

namespace RewardReasoning.Evaluation.Benchmarks.Definitions;

/// <summary>Any labelled pair file of the user's.</summary>
internal static class PairFileBenchmark
{
    private static readonly string[] SectionFields = ["section", "subset", "category", "source"];

    public static BenchmarkDefinition Definition { get; } =
        new()
        {
            Name = "pairs",
            Title = "Any labelled pair file",
            Source = "yours",
            Data = "rows with query, response_1, response_2 and label, or chosen and rejected",
            Counting =
                "Sections are the values of the field section, subset, category or source, the first that there is. One order a "
                + "pair, hashed. A missing answer is wrong. Rows without a label are left out.",
            Orders = AskedOrders.One,
            ReadAsync = ReadAsync,
            Credit = Scoring.Right,
            Measures = [Scoring.Accuracy],
        };

    private static async Task<IReadOnlyList<BenchmarkItem>> ReadAsync(string path, CancellationToken cancellationToken)
    {
        List<BenchmarkItem> items = [];
        long rows = 0;
        IReadOnlyList<string> files = BenchmarkRows.Files(path);
        await foreach (DataRow row in RowReader.ReadAsync(files, cancellationToken).ConfigureAwait(false))
        {
            PairContent pair = RowRecognizer.Recognize(row) switch
            {
                PairContent content => content,
                FaultyContent faulty => throw new InvalidDataException($"{row.Place}: {faulty.Error}"),
                var other => throw new InvalidDataException(
                    $"{row.Place}: the row holds {RowKinds.Describe(other.Kind)}; the benchmark needs labelled pairs."
                ),
            };
            rows++;
            if (pair.Label == Verdict.Unparsable)
            {
                continue; // nothing is known to be right, so asking would be paid for in vain
            }

            string id = row.Field("id") ?? row.Field("pair_id") ?? BenchmarkRows.IdOf(row, files);
            items.Add(
                new BenchmarkItem
                {
                    Id = id,
                    Row = id,
                    Section = SectionFields.Select(row.Field).FirstOrDefault(section => section is not null) ?? "all",
                    Comparison = pair.Comparison,
                    Gold = Outcomes.Of(pair.Label),
                }
            );
        }

        return items.Count > 0
            ? items
            : throw new InvalidDataException(
                $"'{path}': none of its {rows} rows has a label, so nothing could be right or wrong. A label is 'label' or 'winner' (1, "
                    + "2, A, B, model_a, model_b) or 'winner_model_a' and 'winner_model_b'; a file "
                    + $"{RowFiles.NameOf(files[0])}.fields.json beside it can name another field (docs/data.md)."
            );
    }
}
