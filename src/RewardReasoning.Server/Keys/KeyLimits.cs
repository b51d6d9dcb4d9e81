using Microsoft.AspNetCore.Http;
using RewardReasoning.Server.Http;

namespace RewardReasoning.Server.Keys;

/// <summary>
/// Holds one key to its limits: requests at once, and in any 60 seconds. (The limiters of System.Threading.RateLimiting take no clock, so
/// they cannot be tested without waiting.) Safe to use from any thread.
/// </summary>
internal sealed class KeyLimits(ServerKey key, TimeProvider time)
{
    private static readonly TimeSpan Minute = TimeSpan.FromSeconds(60);

    private readonly Lock _gate = new();
    private readonly Queue<long> _starts = new();
    private int _inside;

    /// <summary>Admits a request until what is returned is disposed.</summary>
    /// <exception cref="ApiException">It is beyond a limit.</exception>
    public IDisposable Enter()
    {
        lock (_gate)
        {
            long now = time.GetTimestamp();
            while (_starts.TryPeek(out long first) && time.GetElapsedTime(first, now) >= Minute)
            {
                _starts.Dequeue();
            }

            if (_inside >= key.AtOnce)
            {
                throw Beyond($"The key {key.Name} may have {key.AtOnce} requests at once.", TimeSpan.FromSeconds(1));
            }

            if (_starts.Count >= key.PerMinute)
            {
                throw Beyond(
                    $"The key {key.Name} may have {key.PerMinute} requests a minute.",
                    Minute - time.GetElapsedTime(_starts.Peek(), now)
                );
            }

            if (key.PerMinute is not null)
            {
                _starts.Enqueue(now);
            }

            _inside++;
            return new Lease(this);
        }
    }

    private static ApiException Beyond(string limit, TimeSpan wait) =>
        new(StatusCodes.Status429TooManyRequests, $"{limit} Try again later.", "rate_limited") { RetryAfter = wait };

    private void Leave()
    {
        lock (_gate)
        {
            _inside--;
        }
    }

    private sealed class Lease(KeyLimits limits) : IDisposable
    {
        private KeyLimits? _limits = limits;

        public void Dispose() => Interlocked.Exchange(ref _limits, null)?.Leave();
    }
}
