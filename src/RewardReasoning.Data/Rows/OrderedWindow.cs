using System.Runtime.CompilerServices;

namespace RewardReasoning.Data.Rows;

/// <summary>Work on a stream of items, many at once, whose results come in the order of the items.</summary>
public static class OrderedWindow
{
    /// <summary>
    /// Runs <paramref name="work"/> on every item, at most <paramref name="concurrency"/> at a time, and gives the results in order. At
    /// most <paramref name="window"/> items are held, waiting results included, so a slow item stops the reading ahead, not the memory.
    /// Whatever ends the enumeration early (an exception of one item, cancellation, a caller that stops) cancels and awaits the rest.
    /// </summary>
    public static async IAsyncEnumerable<TResult> SelectAsync<T, TResult>(
        IAsyncEnumerable<T> items, int concurrency, int window, Func<T, CancellationToken, Task<TResult>> work, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(items);
        ArgumentNullException.ThrowIfNull(work);
        ArgumentOutOfRangeException.ThrowIfLessThan(concurrency, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(window, concurrency);
        using SemaphoreSlim slots = new(concurrency);
        using CancellationTokenSource stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        Queue<Task<TResult>> pending = new();
        try
        {
            await foreach (T item in items.WithCancellation(cancellationToken).ConfigureAwait(false))
            {
                await slots.WaitAsync(cancellationToken).ConfigureAwait(false);
                pending.Enqueue(RunAsync(item));
                while (pending.Count >= window || (pending.TryPeek(out Task<TResult>? head) && head.IsCompleted))
                {
                    yield return await pending.Dequeue().ConfigureAwait(false);
                }
            }

            while (pending.TryDequeue(out Task<TResult>? head))
            {
                yield return await head.ConfigureAwait(false);
            }
        }
        finally
        {
            await stop.CancelAsync().ConfigureAwait(false);
            await ((Task)Task.WhenAll(pending)).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }

        async Task<TResult> RunAsync(T item)
        {
            try
            {
                return await work(item, stop.Token).ConfigureAwait(false);
            }
            finally
            {
                slots.Release();
            }
        }
    }
}
