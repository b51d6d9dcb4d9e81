using System.Text.Json;
using RewardReasoning.Data.Recognition;
using RewardReasoning.Data.Rows;
using RewardReasoning.Evaluation.Benchmarks;
using RewardReasoning.Verification;

namespace RewardReasoning.Evaluation.BestOf.Definitions;

/// <summary>Any file of candidate responses, some of which are right.</summary>
internal static class CandidateFile
{
    private static readonly string[] SectionFields = ["section", "subset", "category", "source", "level"];
    private static readonly AnswerVerifier Verifier = new();

    public static BestOfBenchmark Definition { get; } =
        new()
        {
            Name = "best-of-n",
            Title = "The best of n responses, from any file of candidates",
            Source = "yours, such as n samples each for the problems of MATH, GPQA or GSM8K",
            Data =
                "rows of a query and responses, with correct (a list of true and false) or answer (checked by the verifier's rules), "
                + "and perhaps predictions (final answers)",
            Counting =
                "The responses to a query are ranked, by a knockout unless --mode says otherwise, and the query counts where the "
                + "best is right. Nothing is judged if all are right or all wrong; a query "
                + "without a choice counts as a choice at random. Majority is over final answers, equal by the verifier's "
                + "rules. Sections are the values of section, subset, category, source or level, the "
                + "first that there is; overall is over all queries. One order, hashed.",
            Orders = AskedOrders.One,
            ReadAsync = ReadAsync,
        };

    private static async Task<IReadOnlyList<BestOfItem>> ReadAsync(string path, CancellationToken cancellationToken)
    {
        List<BestOfItem> items = [];
        IReadOnlyList<string> files = BenchmarkRows.Files(path);
        await foreach (DataRow row in RowReader.ReadAsync(files, cancellationToken).ConfigureAwait(false))
        {
            CandidatesContent candidates = RowRecognizer.Recognize(row) switch
            {
                CandidatesContent content => content,
                FaultyContent faulty => throw new InvalidDataException($"{row.Place}: {faulty.Error}"),
                var other => throw new InvalidDataException(
                    $"{row.Place}: the row holds {RowKinds.Describe(other.Kind)}; the benchmark needs a query and candidate responses."
                ),
            };
            items.Add(
                new BestOfItem
                {
                    Id = row.Field("id") ?? row.Field("idx") ?? BenchmarkRows.IdOf(row, files),
                    Section = SectionFields.Select(row.Field).FirstOrDefault(section => section is not null) ?? "all",
                    Query = candidates.Query.Text,
                    Responses = candidates.Responses,
                    Correct = Correct(row, candidates.Responses),
                    Answers = Answers(row, candidates.Responses),
                }
            );
        }

        return items;
    }

    private static IReadOnlyList<bool> Correct(DataRow row, IReadOnlyList<string> responses)
    {
        if (List(row, "correct", responses.Count) is { } correct)
        {
            return
            [
                .. correct.Select(value =>
                    value.ValueKind switch
                    {
                        JsonValueKind.True => true,
                        JsonValueKind.False => false,
                        JsonValueKind.Number when value.TryGetDouble(out double number) && number is 0 or 1 => value.GetDouble() == 1,
                        _ => throw new InvalidDataException(
                            $"{row.Place}: 'correct' holds {value.GetRawText()}; it is a list of true and false."
                        ),
                    }
                ),
            ];
        }

        string answer =
            row.Field("answer")
            ?? throw new InvalidDataException(
                $"{row.Place}: the row has neither 'correct' nor 'answer'; which responses are right is not known."
            );
        return [.. responses.Select(response => Verifier.Verify(answer, ReasoningText.Split(response).Answer) == AnswerVerdict.Equal)];
    }

    private static IReadOnlyList<string?> Answers(DataRow row, IReadOnlyList<string> responses)
    {
        FinalAnswers answers = new();
        return List(row, "predictions", responses.Count) is not { } predictions
            ? [.. responses.Select(answers.GuessOf)]
            :
            [
                .. predictions
                    .Select(value =>
                        value.ValueKind switch
                        {
                            JsonValueKind.String => value.GetString(),
                            JsonValueKind.Null => null,
                            _ => value.GetRawText(),
                        }
                    )
                    .Select(answer => string.IsNullOrWhiteSpace(answer) ? null : answers.NameOf(answer)),
            ];
    }

    private static IReadOnlyList<JsonElement>? List(DataRow row, string name, int count)
    {
        if (row.Fields is not { } fields || !fields.TryGetProperty(name, out JsonElement list) || list.ValueKind == JsonValueKind.Null)
        {
            return null;
        }

        return list.ValueKind == JsonValueKind.Array && list.GetArrayLength() == count
            ? [.. list.EnumerateArray()]
            : throw new InvalidDataException(
                FormattableString.Invariant($"{row.Place}: '{name}' is not a list of {count}, one for each response.")
            );
    }
}
