using RewardReasoning.Data.Rows;
using RewardReasoning.Judging;
using RewardReasoning.Rankings;

namespace RewardReasoning.Evaluation.Running;

/// <summary>What the runs over rows share: how many are judged at once, and with which ranker.</summary>
internal static class JudgedRows
{
    public static int ConcurrencyOf(OpenedJudge judge, RunOptions run) => run.Concurrency ?? judge.Concurrency;

    public static Ranker RankerOf(OpenedJudge judge, RankingOptions ranking, RunOptions run) =>
        new(judge.Judge, ranking with { Concurrency = ConcurrencyOf(judge, run) }, run.Time);

    /// <summary>Results of all rows, in order, each as soon as it is there; many rows are worked on at once.</summary>
    public static IAsyncEnumerable<T> SelectAsync<T>(
        RowSource rows,
        OpenedJudge judge,
        RunOptions run,
        Func<DataRow, CancellationToken, Task<T>> work,
        RowOutput? output,
        CancellationToken cancellationToken
    ) =>
        OrderedWindow.SelectAsync(
            rows.ReadAsync(cancellationToken),
            ConcurrencyOf(judge, run),
            work,
            output is null ? null : output.FlushAsync,
            cancellationToken
        );

    /// <summary>How many rows there are; counted only if progress is reported.</summary>
    public static async Task<long?> CountAsync(RowSource rows, RunOptions run, CancellationToken cancellationToken) =>
        run.Progress is null ? null : await rows.CountAsync(cancellationToken).ConfigureAwait(false);
}
