using System.Threading.Channels;

namespace RewardReasoning.Storage;

/// <summary>
/// Gathers what comes while a piece of work is under way, and does it as the next piece: so one commit (or one round trip) serves all
/// who waited, without anyone waiting for a timer.
/// </summary>
internal sealed class GroupCommit<TItem, TResult> : IDisposable
{
    private readonly Channel<(TItem Item, TaskCompletionSource<TResult> Done)> _queue = Channel.CreateUnbounded<(
        TItem Item,
        TaskCompletionSource<TResult> Done
    )>(new() { SingleReader = true });
    private readonly int _most;
    private readonly Func<IReadOnlyList<TItem>, Task<IReadOnlyList<TResult>>> _work;
    private readonly Task _loop;

    /// <param name="most">Items per piece of work.</param>
    /// <param name="work">Does one piece, and gives a result for each item in order; what it throws goes to all of them.</param>
    public GroupCommit(int most, Func<IReadOnlyList<TItem>, Task<IReadOnlyList<TResult>>> work)
    {
        (_most, _work) = (most, work);
        _loop = Task.Run(RunAsync);
    }

    public Task<TResult> AddAsync(TItem item)
    {
        TaskCompletionSource<TResult> done = new(TaskCreationOptions.RunContinuationsAsynchronously);
        return _queue.Writer.TryWrite((item, done))
            ? done.Task
            : Task.FromException<TResult>(new ObjectDisposedException(nameof(GroupCommit<,>)));
    }

    /// <summary>Takes nothing more, and returns when everything taken is done.</summary>
    public void Dispose()
    {
        _queue.Writer.TryComplete();
        _loop.GetAwaiter().GetResult();
    }

    private async Task RunAsync()
    {
        List<TItem> items = [];
        List<TaskCompletionSource<TResult>> waiting = [];
        while (await _queue.Reader.WaitToReadAsync().ConfigureAwait(false))
        {
            while (items.Count < _most && _queue.Reader.TryRead(out (TItem Item, TaskCompletionSource<TResult> Done) next))
            {
                items.Add(next.Item);
                waiting.Add(next.Done);
            }

            try
            {
                IReadOnlyList<TResult> results = await _work(items).ConfigureAwait(false);
                for (int i = 0; i < waiting.Count; i++)
                {
                    waiting[i].SetResult(results[i]);
                }
            }
            catch (Exception error)
            {
                waiting.ForEach(done => done.TrySetException(error));
            }

            items.Clear();
            waiting.Clear();
        }
    }
}
