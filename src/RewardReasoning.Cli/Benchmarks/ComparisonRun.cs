using System.Runtime.CompilerServices;
using RewardReasoning.Cli.Scoring;
using RewardReasoning.Data.Rows;
using RewardReasoning.Evaluation.Benchmarks;

namespace RewardReasoning.Cli.Benchmarks;

/// <summary>Asks a judge of comparisons in order, many at once; what has no answer is told as it comes.</summary>
internal sealed class ComparisonRun(IJudge judge, int concurrency, Terminal terminal, TimeProvider time)
{
    private readonly RowJudge _judge = new(judge);
    private string? _model;

    /// <summary>Name of the model that answered.</summary>
    public string Model => _model ?? "no judgment";

    /// <summary>Judges every item, once; with a folder, every judgment is kept there.</summary>
    /// <param name="items">The comparisons.</param>
    /// <param name="folder">Where judgments are kept; null for nowhere.</param>
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
        await ScoreProgress.RunAsync(
            terminal,
            time,
            items.Count,
            async report =>
            {
                IAsyncEnumerable<RecordedJudgment> judgments = JudgeAllAsync(items, judged, missingReason, report, cancellationToken);
                if (folder is null)
                {
                    await judgments.CountAsync(cancellationToken);
                }
                else
                {
                    await new BenchmarkRunFolder(folder).WriteJudgmentsAsync(judgments, cancellationToken);
                }
            }
        );
        return judged;
    }

    private async IAsyncEnumerable<RecordedJudgment> JudgeAllAsync(
        IReadOnlyList<BenchmarkItem> items,
        List<JudgedItem> judged,
        Func<JudgedItem, string?> missingReason,
        Action<long, long, Usage> report,
        [EnumeratorCancellation] CancellationToken cancellationToken
    )
    {
        long missing = 0;
        Usage usage = Usage.None;
        await foreach (
            (JudgedItem one, Judgment? judgment) in OrderedWindow.SelectAsync(
                items.ToAsyncEnumerable(),
                concurrency,
                JudgeAsync,
                cancellationToken
            )
        )
        {
            _model ??= judgment?.Model;
            judged.Add(one);
            if (missingReason(one) is { } reason)
            {
                missing++;
                terminal.WriteStatus($"rrm: {one.Item.Id}: {reason}");
            }

            usage += one.Usage;
            report(judged.Count, missing, usage);
            yield return RecordedJudgment.Of(one, judgment);
        }
    }

    private async Task<(JudgedItem Item, Judgment? Judgment)> JudgeAsync(BenchmarkItem item, CancellationToken cancellationToken)
    {
        (Judgment? judgment, string? error) = await _judge.JudgeAsync(item.Comparison, cancellationToken);
        return (judgment is null ? JudgedItem.Missing(item, error) : JudgedItem.Of(item, judgment), judgment);
    }
}
