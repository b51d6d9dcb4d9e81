using System.Collections.Concurrent;
using System.Runtime.ExceptionServices;
using TorchSharp;

namespace RewardReasoning.Training.Runs;

/// <summary>
/// A fixed set of threads, each with one libtorch thread of its own, that compute the parts of a step. Small models run faster so
/// than with several threads inside every operation, and part i always runs on worker i, so results repeat bit for bit.
/// </summary>
internal sealed class ParallelWorkers : IDisposable
{
    private readonly Worker[] _workers;

    /// <summary>Starts <paramref name="count"/> threads.</summary>
    public ParallelWorkers(int count)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(count, 1);
        _workers = [.. Enumerable.Range(0, count).Select(i => new Worker(i))];
    }

    /// <summary>Number of workers.</summary>
    public int Count => _workers.Length;

    /// <summary>Runs <paramref name="part"/> for each worker's number at once and returns the results in that order.</summary>
    /// <exception cref="Exception">The first part's exception, by number, once all have ended.</exception>
    public T[] Run<T>(Func<int, T> part)
    {
        ArgumentNullException.ThrowIfNull(part);
        T[] results = new T[Count];
        Exception?[] errors = new Exception?[Count];
        using CountdownEvent done = new(Count);
        foreach (Worker worker in _workers)
        {
            worker.Post(() =>
            {
                try
                {
                    results[worker.Index] = part(worker.Index);
                }
                catch (Exception error)
                {
                    errors[worker.Index] = error;
                }
                finally
                {
                    done.Signal();
                }
            });
        }

        done.Wait();
        if (Array.Find(errors, error => error is not null) is { } first)
        {
            ExceptionDispatchInfo.Throw(first);
        }

        return results;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (Worker worker in _workers)
        {
            worker.Dispose();
        }
    }

    private sealed class Worker : IDisposable
    {
        private readonly BlockingCollection<Action> _work = [];
        private readonly Thread _thread;

        public Worker(int index)
        {
            Index = index;
            _thread = new Thread(Loop) { IsBackground = true, Name = $"training worker {index}" };
            _thread.Start();
        }

        public int Index { get; }

        public void Post(Action action) => _work.Add(action);

        public void Dispose()
        {
            _work.CompleteAdding();
            _thread.Join();
            _work.Dispose();
        }

        private void Loop()
        {
            torch.set_num_threads(1);
            foreach (Action action in _work.GetConsumingEnumerable())
            {
                action();
            }
        }
    }
}
