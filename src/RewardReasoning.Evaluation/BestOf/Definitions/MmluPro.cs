using System.Text.Json;
using RewardReasoning.Evaluation.Benchmarks;

namespace RewardReasoning.Evaluation.BestOf.Definitions;

/// <summary>MMLU-Pro: several models' outputs to one question are its candidates.</summary>
internal static class MmluPro
{
    public static BestOfBenchmark Definition { get; } =
        new()
        {
            Name = "mmlu-pro",
            Title = "The best of several models' outputs to ten-way questions",
            Source = "MMLU-Pro, arXiv 2406.01574; the outputs that its repository publishes (TIGER-AI-Lab/MMLU-Pro, eval_results)",
            Data =
                "a folder with the files of models' outputs (question_id, pred, and output, model_outputs or generated_text), which "
                + "hold their questions or are beside a file questions",
            Counting =
                "A question's candidates are one output of each model, cut where the model begins a question of its own; right is "
                + "what its source says (correct, or pred equal to answer). They are ranked, by a knockout "
                + "unless --mode says otherwise, and the question counts where the best is right. Nothing is judged where all are "
                + "right or all wrong; a question that nothing could be chosen for counts as a choice at "
                + "random. Majority is over the letters. Sections are the categories, overall is over all questions. One order, hashed.",
            Orders = AskedOrders.One,
            ReadAsync = ReadAsync,
        };

    private static async Task<IReadOnlyList<BestOfItem>> ReadAsync(string path, CancellationToken cancellationToken)
    {
        Dictionary<string, BenchmarkRow> questions = [];
        Dictionary<string, List<(BenchmarkRow Row, string Output)>> outputs = [];
        foreach (BenchmarkRow row in await BenchmarkRows.ReadAsync(path, wanted: null, cancellationToken).ConfigureAwait(false))
        {
            string id = row.Text("question_id");
            if (row.OptionalText("question") is not null)
            {
                questions.TryAdd(id, row);
            }

            if ((row.OptionalText("output") ?? row.OptionalText("model_outputs") ?? row.OptionalText("generated_text")) is { } output)
            {
                if (!outputs.TryGetValue(id, out List<(BenchmarkRow, string)>? known))
                {
                    outputs[id] = known = [];
                }

                known.Add((row, Cut(output)));
            }
        }

        return
        [
            .. outputs
                .Where(question => question.Value.Count > 1)
                .Select(question =>
                    questions.TryGetValue(question.Key, out BenchmarkRow asked)
                        ? ItemOf(question.Key, asked, question.Value)
                        : throw new InvalidDataException(
                            $"{question.Value[0].Row.Place}: there is no question '{question.Key}' at '{path}'."
                        )
                ),
        ];
    }

    private static BestOfItem ItemOf(string id, BenchmarkRow question, List<(BenchmarkRow Row, string Output)> outputs)
    {
        string answer = question.Text("answer");
        return new BestOfItem
        {
            Id = id,
            Section = question.OptionalText("category") ?? "all",
            Query = string.Join(
                '\n',
                [question.Text("question"), .. question.Texts("options").Select((option, i) => $"({(char)('A' + i)}) {option}")]
            ),
            Responses = [.. outputs.Select(output => output.Output)],
            Correct =
            [
                .. outputs.Select(output =>
                    output.Row.Fields.TryGetProperty("correct", out JsonElement correct)
                        ? correct.ValueKind == JsonValueKind.True
                        : output.Row.OptionalText("pred") == answer
                ),
            ],
            Answers = [.. outputs.Select(output => output.Row.OptionalText("pred"))],
        };
    }

    /// <summary>Models that were shown examples of questions and answers go on with one of their own.</summary>
    private static string Cut(string output) =>
        output.IndexOf("\n\nQuestion:", StringComparison.Ordinal) is >= 0 and var end ? output[..end].Trim() : output.Trim();
}
