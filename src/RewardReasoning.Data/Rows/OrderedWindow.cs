using System.Runtime.CompilerServices;
using System.Runtime.ExceptionServices;

namespace RewardReasoning.Data.Rows;

/// <summary>Work on a stream of items, many at once, whose results come in the order of the items.</summary>
internal static class OrderedWindow
{
    private const int LeastWindow = 256;

    /// <summary>The same with a window that keeps <paramref name="concurrency"/> requests of uneven length busy.</summary>
    public static IAsyncEnumerable<TResult> SelectAsync<T, TResult>(
        IAsyncEnumerable<T> items,
        int concurrency,
        Func<T, CancellationToken, Task<TResult>> work,
        CancellationToken cancellationToken = default
    ) => SelectAsync(items, concurrency, Math.Max(LeastWindow, 4 * concurrency), work, cancellationToken);

    /// <summary>
    /// Runs <paramref name="work"/> on every item, at most <paramref name="concurrency"/> at a time, and gives the results in order. At
    /// most <paramref name="window"/> items are held, waiting results included, so a slow item stops the reading ahead, not the memory.
    /// An exception of one item, or cancellation, cancels and awaits the rest; what had ended well by then is given, in order and with
    /// gaps, before the exception is thrown: it may have been paid for. A caller that stops early cancels and awaits the rest too.
    /// </summary>
    public static async IAsyncEnumerable<TResult> SelectAsync<T, TResult>(
        IAsyncEnumerable<T> items,
        int concurrency,
        int window,
        Func<T, CancellationToken, Task<TResult>> work,
        [EnumeratorCancellation] CancellationToken cancellationToken = default
    )
    {
        ArgumentNullException.ThrowIfNull(items);
        ArgumentNullException.ThrowIfNull(work);
        ArgumentOutOfRangeException.ThrowIfLessThan(concurrency, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(window, concurrency);
        using SemaphoreSlim slots = new(concurrency);
        using CancellationTokenSource stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        Queue<Task<TResult>> pending = new();
        ExceptionDispatchInfo? failure = null;
        IAsyncEnumerator<T> source = items.GetAsyncEnumerator(cancellationToken);
        try
        {
            bool more = true;
            while (failure is null && (more || pending.Count > 0))
            {
                if (more)
                {
                    (more, failure) = await StartNextAsync().ConfigureAwait(false);
                }

                while (
                    failure is null && pending.TryPeek(out Task<TResult>? head) && (!more || pending.Count >= window || head.IsCompleted)
                )
                {
                    await ((Task)head).WaitAsync(cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
                    failure = FailureOf(head);
                    if (failure is null)
                    {
                        yield return await pending.Dequeue().ConfigureAwait(false);
                    }
                }
            }

            if (failure is not null)
            {
                await EndRestAsync().ConfigureAwait(false);
                foreach (Task<TResult> ended in pending.Where(task => task.IsCompletedSuccessfully))
                {
                    yield return await ended.ConfigureAwait(false);
                }

                failure.Throw();
            }
        }
        finally
        {
            await EndRestAsync().ConfigureAwait(false);
            await source.DisposeAsync().ConfigureAwait(false);
        }

        async Task<(bool More, ExceptionDispatchInfo? Failure)> StartNextAsync()
        {
            try
            {
                if (!await source.MoveNextAsync().ConfigureAwait(false))
                {
                    return (false, null);
                }

                await slots.WaitAsync(cancellationToken).ConfigureAwait(false);
                pending.Enqueue(RunAsync(source.Current));
                return (true, null);
            }
            catch (Exception exception)
            {
                return (false, ExceptionDispatchInfo.Capture(exception));
            }
        }

        ExceptionDispatchInfo? FailureOf(Task<TResult> head) =>
            head.Exception?.InnerException is { } exception ? ExceptionDispatchInfo.Capture(exception)
            : head.IsCompletedSuccessfully ? null
            : ExceptionDispatchInfo.Capture(new OperationCanceledException(cancellationToken));

        async Task EndRestAsync()
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
