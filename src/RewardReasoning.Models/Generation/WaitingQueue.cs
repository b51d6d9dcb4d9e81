using System.Threading.Channels;

namespace RewardReasoning.Models.Generation;

/// <summary>Sequences that wait for a worker: first come, first served, shared fairly between workers. Safe from any thread.</summary>
internal sealed class WaitingQueue(int workers) : IDisposable
{
    private readonly Channel<Sequence> _waiting = Channel.CreateUnbounded<Sequence>();
    private readonly CancellationTokenSource _stopping = new();
    private readonly Lock _taking = new();
    private readonly int[] _held = new int[workers];
    private Exception? _reason;

    /// <summary>Whether the workers must end.</summary>
    public bool IsStopped => _stopping.IsCancellationRequested;

    /// <summary>Why they must end.</summary>
    public Exception Reason => _reason ?? new ObjectDisposedException(nameof(GenerationEngine));

    /// <summary>How many wait.</summary>
    public int Count => _waiting.Reader.Count;

    /// <exception cref="ObjectDisposedException">The engine has ended.</exception>
    /// <exception cref="RewardReasoningException">The engine has crashed.</exception>
    public void Add(Sequence sequence)
    {
        if (!_waiting.Writer.TryWrite(sequence))
        {
            throw Reason;
        }
    }

    /// <summary>Blocks until a sequence waits.</summary>
    /// <returns>False when the workers must end.</returns>
    public bool WaitForWork()
    {
        try
        {
            return _waiting.Reader.WaitToReadAsync(_stopping.Token).AsTask().GetAwaiter().GetResult();
        }
        catch (OperationCanceledException)
        {
            return false;
        }
    }

    /// <summary>Takes the longest waiting sequences.</summary>
    /// <param name="worker">Index of the worker that takes them.</param>
    /// <param name="held">How many it holds already.</param>
    /// <param name="most">How many more it can hold.</param>
    /// <param name="fits">Asked for each in turn; the first refusal ends the taking.</param>
    public List<Sequence> Take(int worker, int held, int most, Func<Sequence, bool> fits)
    {
        lock (_taking)
        {
            _held[worker] = held;
            int share = ((_held.Sum() + Count + workers - 1) / workers) - held;
            int limit = Math.Min(most, held == 0 ? Math.Max(share, 1) : share);
            List<Sequence> taken = [];
            while (taken.Count < limit && _waiting.Reader.TryPeek(out Sequence? next) && (next.IsOver || fits(next)))
            {
                if (_waiting.Reader.TryRead(out Sequence? read) && !read.IsOver)
                {
                    taken.Add(read);
                }
            }

            _held[worker] += taken.Count;
            return taken;
        }
    }

    /// <summary>Records how many sequences a worker holds, so that the others know their share.</summary>
    public void Report(int worker, int held) => Volatile.Write(ref _held[worker], held);

    /// <summary>Stops the engine: waiting sequences fail with the reason, the workers end soon. Only the first reason counts.</summary>
    public void Stop(Exception reason)
    {
        Interlocked.CompareExchange(ref _reason, reason, null);
        _waiting.Writer.TryComplete();
        _stopping.Cancel();
        while (_waiting.Reader.TryRead(out Sequence? sequence))
        {
            sequence.Fail(Reason);
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _stopping.Dispose();
}
