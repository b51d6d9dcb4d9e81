using System.Text.Json;
using RewardReasoning.Evaluation.Benchmarks;
using RewardReasoning.Verification;

namespace RewardReasoning.Evaluation.BestOf.Definitions;

/// <summary>Preference Proxy Evaluations, best of k: 32 responses each to questions whose answers are checked.</summary>
internal static class PpeBestOfK
{
    public static BestOfBenchmark Definition { get; } =
        new()
        {
            Name = "ppe-best-of-k",
            Title = "The best of 32 responses to verifiable questions: MMLU-Pro, MATH, GPQA, IFEval, MBPP-Plus",
            Source = "PPE, arXiv 2410.14872; Hugging Face lmarena-ai/PPE-{MMLU-Pro,MATH,GPQA,IFEval,MBPP-Plus}-Best-of-K, split train",
            Data = "a folder with the sets, each file named for its set, or one of them",
            Counting =
                "The responses to a question are ranked, by a knockout unless --mode says otherwise, and the question counts where "
                + "the best is right: the end of the benchmark's best-of-k curve. Nothing is judged "
                + "where all are right or all wrong. A question that nothing could be chosen for counts as a choice at random. The "
                + "area under the ROC curve is a question's own, over its ratings. Sections are the "
                + "sets, overall is their mean. One order, hashed.",
            Orders = AskedOrders.One,
            IsMeanOfSections = true,
            ReadAsync = ReadAsync,
        };

    private static async Task<IReadOnlyList<BestOfItem>> ReadAsync(string path, CancellationToken cancellationToken) =>
        [
            .. (await BenchmarkRows.ReadAsync(path, wanted: null, cancellationToken).ConfigureAwait(false))
                .Where(row => row.Fields.TryGetProperty("scores", out _))
                .Select(ItemOf),
        ];

    private static BestOfItem ItemOf(BenchmarkRow row)
    {
        bool[] correct = row.Fields.GetProperty("scores") is { ValueKind: JsonValueKind.Array } scores
            ? [.. scores.EnumerateArray().Select(score => score.ValueKind == JsonValueKind.True)]
            : throw new InvalidDataException($"{row.Place}: 'scores' is not a list.");
        string[] responses =
        [
            .. Enumerable.Range(1, correct.Length).Select(number => row.Text(FormattableString.Invariant($"response_{number}"))),
        ];
        return new BestOfItem
        {
            Id = FormattableString.Invariant($"{row.File}:{row.OptionalText("question_id")}:{row.Number}"),
            Section = row.File,
            Query = row.Text("prompt"),
            Responses = responses,
            Correct = correct,
            Answers = [.. responses.Select(new FinalAnswers().GuessOf)],
        };
    }
}
