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
        Func<Task>? idle = null,
        CancellationToken cancellationToken = default
    ) => SelectAsync(items, concurrency, Math.Max(LeastWindow, 4 * concurrency), work, idle, cancellationToken);

    /// <summary>
    /// Runs <paramref name="work"/> on every item, at most <paramref name="concurrency"/> at a time, and gives the results in order, each
    /// as soon as it and those before it are done, also while the next item is awaited. At most <paramref name="window"/> items are held,
    /// waiting results included, so a slow item stops the reading ahead, not the memory. <paramref name="idle"/> is called whenever results
    /// were given and the next one is not there yet: time to flush what was written. An exception of one item, or cancellation, cancels and
    /// awaits the rest; what had ended well by then is given, in order and with gaps, before the exception is thrown: it may have been paid
    /// for. A caller that stops early cancels and awaits the rest too.
    /// </summary>
    public static async IAsyncEnumerable<TResult> SelectAsync<T, TResult>(
        IAsyncEnumerable<T> items,
        int concurrency,
        int window,
        Func<T, CancellationToken, Task<TResult>> work,
        Func<Task>? idle = null,
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
        IAsyncEnumerator<T> source = items.GetAsyncEnumerator(stop.Token);
        Task<bool>? next = null; // whether there is a next item, and a slot for it; null when it was not asked for
        ExceptionDispatchInfo? failure = null;
        bool more = true;
        bool given = false;
        try
        {
            while (failure is null && (more || pending.Count > 0))
            {
                if (pending.TryPeek(out Task<TResult>? head) && head.IsCompleted)
                {
                    failure = FailureOf(head);
                    if (failure is null)
                    {
                        yield return await pending.Dequeue().ConfigureAwait(false);
                        given = true;
                    }

                    continue;
                }

                if (more && pending.Count < window)
                {
                    next ??= NextAsync();
                    if (next.IsCompleted)
                    {
                        failure = FailureOf(next);
                        more = failure is null && await next.ConfigureAwait(false);
                        next = null;
                        if (more)
                        {
                            pending.Enqueue(RunAsync(source.Current));
                        }

                        continue;
                    }
                }

                if (given && idle is not null)
                {
                    await idle().ConfigureAwait(false);
                    given = false;
                    continue;
                }

                await WaitForAnyAsync(head, next).ConfigureAwait(false);
                failure = cancellationToken.IsCancellationRequested ? Cancelled() : null;
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

        async Task<bool> NextAsync()
        {
            if (!await source.MoveNextAsync().ConfigureAwait(false))
            {
                return false;
            }

            await slots.WaitAsync(stop.Token).ConfigureAwait(false);
            return true;
        }

        async Task WaitForAnyAsync(Task? head, Task? next)
        {
            Task any =
                head is null ? next ?? Task.CompletedTask
                : next is null ? head
                : Task.WhenAny(head, next);
            await any.WaitAsync(cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }

        ExceptionDispatchInfo? FailureOf(Task ended) =>
            ended.Exception?.InnerException is { } exception ? ExceptionDispatchInfo.Capture(exception)
            : ended.IsCompletedSuccessfully ? null
            : Cancelled();

        ExceptionDispatchInfo Cancelled() => ExceptionDispatchInfo.Capture(new OperationCanceledException(cancellationToken));

        async Task EndRestAsync()
        {
            await stop.CancelAsync().ConfigureAwait(false);
            await ((Task)Task.WhenAll(pending)).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            await (next ?? Task.CompletedTask).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
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
