using RewardReasoning.Data.Rows;
using RewardReasoning.Evaluation.Running;
using RewardReasoning.Judging;

namespace RewardReasoning.Evaluation.Benchmarks;

/// <summary>Asks a judge about comparisons in order, many at once.</summary>
internal sealed class ComparisonRun(OpenedJudge judge, RunOptions options)
{
    private readonly RowJudge _judge = new(judge.Judge);
    private string? _model;

    /// <summary>Name of the model that answered.</summary>
    public string Model => _model ?? "no judgment";

    /// <summary>Judges every item, once; with a folder, every judgment is written there as it comes.</summary>
    /// <param name="items">The comparisons.</param>
    /// <param name="folder">Where judgments are written; null for nowhere.</param>
    /// <param name="missingReason">Why a judged item does not count; null where it does.</param>
    /// <param name="cancellationToken">Ends the run; what was judged is kept.</param>
    public async Task<IReadOnlyList<JudgedItem>> RunAsync(
        IReadOnlyList<BenchmarkItem> items,
        string? folder,
        Func<JudgedItem, string?> missingReason,
        CancellationToken cancellationToken
    )
    {
        List<JudgedItem> judged = new(items.Count);
        long missing = 0;
        Usage usage = Usage.None;
        LineFile lines = LineFile.Create(folder, BenchmarkRunFolder.JudgmentsFile);
        await using (lines.ConfigureAwait(false))
        {
            await foreach (
                (JudgedItem one, Judgment? judgment) in OrderedWindow
                    .SelectAsync(
                        items.ToAsyncEnumerable(),
                        JudgedRows.ConcurrencyOf(judge, options),
                        JudgeAsync,
                        cancellationToken: cancellationToken
                    )
                    .ConfigureAwait(false)
            )
            {
                _model ??= judgment?.Model;
                judged.Add(one);
                await lines.WriteAsync(RecordedJudgment.Of(one, judgment), BenchmarkJson.Lines.RecordedJudgment).ConfigureAwait(false);

                if (missingReason(one) is { } reason)
                {
                    missing++;
                    options.OnMissing?.Invoke(new MissingItem(one.Item.Id, reason));
                }

                usage += one.Usage;
                options.Progress?.Report(new RunProgress(judged.Count, missing, items.Count, usage));
            }
        }

        return judged;
    }

    private async Task<(JudgedItem Item, Judgment? Judgment)> JudgeAsync(BenchmarkItem item, CancellationToken cancellationToken)
    {
        (Judgment? judgment, string? error) = await _judge.JudgeAsync(item.Comparison, cancellationToken).ConfigureAwait(false);
        return (judgment is null ? JudgedItem.Missing(item, error) : JudgedItem.Of(item, judgment), judgment);
    }
}
