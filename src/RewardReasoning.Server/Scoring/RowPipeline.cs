using System.Threading.Channels;
using RewardReasoning.Data.Rows;
using RewardReasoning.Evaluation.Running;

namespace RewardReasoning.Server.Scoring;

/// <summary>
/// Judges rows while they come, several at once, and gives the results in the order of the rows, each as soon as those before it are done:
/// whoever sends one row and waits for its result is answered. Memory holds a bounded number of rows.
/// </summary>
internal static class RowPipeline
{
    private const int RowsAhead = 64;

    /// <summary>Runs until the rows end.</summary>
    /// <param name="rows">The rows.</param>
    /// <param name="judge">Judges one row; what it throws ends the run.</param>
    /// <param name="concurrency">How many rows are judged at once.</param>
    /// <param name="write">Takes a result, and whether the next one is there already.</param>
    /// <param name="cancellationToken">Ends the run.</param>
    public static async Task RunAsync(
        IAsyncEnumerable<DataRow> rows,
        Func<DataRow, CancellationToken, Task<JudgedRow>> judge,
        int concurrency,
        Func<JudgedRow, bool, Task> write,
        CancellationToken cancellationToken
    )
    {
        using CancellationTokenSource stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        using SemaphoreSlim slots = new(concurrency);
        Channel<Task<JudgedRow>> results = Channel.CreateBounded<Task<JudgedRow>>(
            new BoundedChannelOptions(Math.Max(RowsAhead, 2 * concurrency)) { SingleReader = true, SingleWriter = true }
        );
        Task reading = ReadAsync();
        try
        {
            await foreach (Task<JudgedRow> result in results.Reader.ReadAllAsync(cancellationToken))
            {
                JudgedRow judged = await result;
                await write(judged, results.Reader.TryPeek(out Task<JudgedRow>? next) && next.IsCompleted);
            }
        }
        finally
        {
            await stop.CancelAsync();
            await reading.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            while (results.Reader.TryRead(out Task<JudgedRow>? left))
            {
                await ((Task)left).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }

        async Task ReadAsync()
        {
            try
            {
                await foreach (DataRow row in rows.WithCancellation(stop.Token))
                {
                    await slots.WaitAsync(stop.Token);
                    await results.Writer.WriteAsync(JudgeAsync(row), stop.Token);
                }

                results.Writer.Complete();
            }
            catch (Exception error)
            {
                results.Writer.Complete(error);
            }
        }

        async Task<JudgedRow> JudgeAsync(DataRow row)
        {
            try
            {
                return await judge(row, stop.Token);
            }
            finally
            {
                slots.Release();
            }
        }
    }
}
