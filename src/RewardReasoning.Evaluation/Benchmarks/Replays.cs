using System.Text.Json;
using RewardReasoning.Data.Rows;
using RewardReasoning.Ratings;

namespace RewardReasoning.Evaluation.Benchmarks;

/// <summary>Judged items made of recorded answers.</summary>
internal static class Replays
{
    private const string RunFile = "judgments.jsonl";

    /// <summary>Whether a path is one of our own runs, or its file of judgments.</summary>
    public static bool IsRun(string path) =>
        Directory.Exists(path) ? File.Exists(Path.Combine(path, RunFile)) : Path.GetFileName(path) == RunFile;

    /// <summary>The judgments of one of our own runs, on the items of the data.</summary>
    public static async Task<IReadOnlyList<RecordedJudge>> OfRunAsync(
        string path,
        IReadOnlyList<BenchmarkItem> items,
        CancellationToken cancellationToken
    )
    {
        Dictionary<string, RecordedJudgment> records = [];
        foreach (BenchmarkRow row in await BenchmarkRows.ReadAsync(path, name => name == RunFile, cancellationToken).ConfigureAwait(false))
        {
            try
            {
                RecordedJudgment record =
                    row.Fields.Deserialize(BenchmarkJson.Lines.RecordedJudgment) ?? throw new JsonException("The row is null.");
                records[record.Id] = record;
            }
            catch (JsonException exception)
            {
                throw new InvalidDataException($"{row.Place}: {exception.Message}", exception);
            }
        }

        return
        [
            new RecordedJudge(
                RowFiles.NameOf(path),
                [
                    .. items.Select(item =>
                        records.TryGetValue(item.Id, out RecordedJudgment? record)
                            ? record.ToItem() with
                            {
                                Item = item,
                            }
                            : JudgedItem.Missing(item, "It was not recorded.")
                    ),
                ]
            ),
        ];
    }

    /// <summary>An item that was judged once, in an order that was not recorded.</summary>
    public static JudgedItem Once(BenchmarkItem item, MatchOutcome said) =>
        new()
        {
            Item = item,
            Preferred = said,
            Shown = [new ShownOutcome(ShownOrder.Given, said)],
        };

    /// <summary>An item that was judged in several orders. It prefers what more of them say; a draw is a tie.</summary>
    public static JudgedItem InOrders(BenchmarkItem item, IEnumerable<ShownOutcome> shown)
    {
        ShownOutcome[] answers = [.. shown];
        int balance = answers.Sum(answer =>
            answer.Outcome switch
            {
                MatchOutcome.First => 1,
                MatchOutcome.Second => -1,
                _ => 0,
            }
        );
        bool any = Array.Exists(answers, answer => answer.Outcome.IsAnswer());
        return new JudgedItem
        {
            Item = item,
            Preferred =
                balance > 0 ? MatchOutcome.First
                : balance < 0 ? MatchOutcome.Second
                : any ? MatchOutcome.Tie
                : MatchOutcome.Missing,
            Shown = answers,
        };
    }

    /// <summary>1 where the answers in both orders are the same, 0 where they are not; null unless both orders have one.</summary>
    public static double? Agreement(JudgedItem judged)
    {
        MatchOutcome given = OutcomeIn(judged, ShownOrder.Given);
        MatchOutcome swapped = OutcomeIn(judged, ShownOrder.Swapped);
        return !given.IsAnswer() || !swapped.IsAnswer() ? null
            : given == swapped ? 1
            : 0;
    }

    private static MatchOutcome OutcomeIn(JudgedItem judged, ShownOrder order) =>
        judged.Shown.FirstOrDefault(shown => shown.Order == order).Outcome;
}
