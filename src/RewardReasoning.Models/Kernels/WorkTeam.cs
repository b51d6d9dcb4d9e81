namespace RewardReasoning.Models.Kernels;

/// <summary>
/// Threads that help one thread with its loops. Whoever waits sleeps after a few microseconds: the loops of one decode step follow each
/// other closely, and a team without work costs nothing. Which thread computes which part is left to chance, so parts must not depend on
/// each other.
/// </summary>
internal sealed class WorkTeam : IDisposable
{
    private const int SpinsBeforeSleep = 20;

    private readonly SemaphoreSlim _wake = new(0);
    private readonly Thread[] _helpers;
    private volatile Loop? _loop;
    private volatile bool _ended;
    private int _asleep;

    /// <param name="threads">Threads that compute, the caller's included.</param>
    public WorkTeam(int threads)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(threads, 1);
        _helpers =
        [
            .. Enumerable
                .Range(1, threads - 1)
                .Select(index => new Thread(() => Help(index)) { IsBackground = true, Name = $"team {index}" }),
        ];
        Array.ForEach(_helpers, helper => helper.Start());
    }

    /// <summary>Threads that compute, the caller's included.</summary>
    public int Threads => _helpers.Length + 1;

    /// <summary>Computes all parts and returns when the last is done.</summary>
    /// <param name="parts">How many there are.</param>
    /// <param name="compute">Called with the number of a thread, below <see cref="Threads"/>, and of a part.</param>
    /// <exception cref="Exception">The first that a part threw; the parts that had not begun are then left out.</exception>
    public void For(int parts, Action<int, int> compute)
    {
        if (_helpers.Length == 0 || parts == 1)
        {
            for (int part = 0; part < parts; part++)
            {
                compute(0, part);
            }

            return;
        }

        Loop loop = new(parts, compute);
        _loop = loop;
        Interlocked.MemoryBarrier(); // a helper that is about to sleep either sees the loop or is seen asleep
        if (_asleep is > 0 and int asleep)
        {
            _ = _wake.Release(asleep);
        }

        loop.Run(thread: 0);
        loop.WaitAndThrow();
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        if (!_ended)
        {
            _ended = true;
            if (_helpers.Length > 0)
            {
                _ = _wake.Release(_helpers.Length);
            }

            Array.ForEach(_helpers, helper => helper.Join());
            _wake.Dispose();
        }
    }

    private void Help(int thread)
    {
        Loop? last = null;
        while (!_ended)
        {
            SpinWait wait = new();
            while (_loop == last && !_ended)
            {
                if (wait.Count < SpinsBeforeSleep)
                {
                    wait.SpinOnce(sleep1Threshold: -1);
                    continue;
                }

                _ = Interlocked.Increment(ref _asleep);
                if (_loop == last && !_ended)
                {
                    _wake.Wait();
                }

                _ = Interlocked.Decrement(ref _asleep);
            }

            last = _loop;
            last?.Run(thread);
        }
    }

    private sealed class Loop(int parts, Action<int, int> compute)
    {
        private readonly object _ended = new();
        private int _begun;
        private int _done;
        private Exception? _error;

        private bool IsDone => Volatile.Read(ref _done) == parts;

        public void Run(int thread)
        {
            for (int part; (part = Interlocked.Increment(ref _begun) - 1) < parts; )
            {
                try
                {
                    if (_error is null)
                    {
                        compute(thread, part);
                    }
                }
                catch (Exception error)
                {
                    _ = Interlocked.CompareExchange(ref _error, error, null);
                }
                finally
                {
                    if (Interlocked.Increment(ref _done) == parts)
                    {
                        lock (_ended)
                        {
                            Monitor.Pulse(_ended);
                        }
                    }
                }
            }
        }

        public void WaitAndThrow()
        {
            SpinWait wait = new();
            while (!IsDone && wait.Count < SpinsBeforeSleep)
            {
                wait.SpinOnce(sleep1Threshold: -1);
            }

            lock (_ended)
            {
                while (!IsDone)
                {
                    _ = Monitor.Wait(_ended); // a helper has lost its processor in the middle of a part
                }
            }

            if (_error is { } error)
            {
                System.Runtime.ExceptionServices.ExceptionDispatchInfo.Throw(error);
            }
        }
    }
}
