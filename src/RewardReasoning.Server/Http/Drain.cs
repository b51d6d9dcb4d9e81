using Microsoft.AspNetCore.Http;

namespace RewardReasoning.Server.Http;

/// <summary>
/// Knows what is under way, so that a server that is asked to stop finishes what it accepted and takes nothing new. Safe to use from any
/// thread.
/// </summary>
internal sealed class Drain : IDisposable
{
    private readonly Lock _gate = new();
    private readonly TaskCompletionSource _idle = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly CancellationTokenSource _begun = new();
    private int _underWay;

    /// <summary>Whether the server was asked to stop.</summary>
    public bool HasBegun { get; private set; }

    /// <summary>Cancelled when the server is asked to stop: nobody then needs to wait for what only new requests could bring.</summary>
    public CancellationToken Begun => _begun.Token;

    /// <summary>How many requests and other pieces of work are under way.</summary>
    public int UnderWay => Volatile.Read(ref _underWay);

    /// <summary>Counts a piece of work until what is returned is disposed.</summary>
    /// <param name="isNew">Whether it begins something new, and does not only ask about what was accepted before.</param>
    /// <exception cref="ApiException">It is new, and the server is stopping.</exception>
    public IDisposable Enter(bool isNew = true)
    {
        lock (_gate)
        {
            if (HasBegun && isNew)
            {
                throw Stopping();
            }

            _underWay++;
            return new Work(this);
        }
    }

    /// <summary>Takes nothing new from now on, and waits until everything under way has ended.</summary>
    public async Task BeginAsync()
    {
        lock (_gate)
        {
            HasBegun = true;
            if (_underWay == 0)
            {
                _idle.TrySetResult();
            }
        }

        await _begun.CancelAsync();
        await _idle.Task;
    }

    /// <inheritdoc/>
    public void Dispose() => _begun.Dispose();

    /// <summary>The answer to whoever asks for something that is not going to be done.</summary>
    public static ApiException Stopping() =>
        new(
            StatusCodes.Status503ServiceUnavailable,
            "The server is stopping. Send the request again: to another server, or in some seconds.",
            "stopping"
        )
        {
            RetryAfter = TimeSpan.FromSeconds(5),
        };

    private void Leave()
    {
        lock (_gate)
        {
            if (--_underWay == 0 && HasBegun)
            {
                _idle.TrySetResult();
            }
        }
    }

    private sealed class Work(Drain drain) : IDisposable
    {
        private Drain? _drain = drain;

        public void Dispose() => Interlocked.Exchange(ref _drain, null)?.Leave();
    }
}
