using Microsoft.AspNetCore.Http;

namespace RewardReasoning.Server.Http;

/// <summary>
/// Limits how much runs or waits at once; a request at capacity is refused at once, with the time after which to try again. Safe to use
/// from any thread.
/// </summary>
/// <param name="most">The most places.</param>
/// <param name="what">What a place is for, such as <c>completions</c>; for messages.</param>
internal sealed class Admission(int most, string what)
{
    /// <summary>The code of a refusal at capacity.</summary>
    public const string FullCode = "queue_full";

    private int _inside;

    /// <summary>How much is under way or waiting.</summary>
    public int Inside => Volatile.Read(ref _inside);

    /// <summary>The most that may be.</summary>
    public int Most => most;

    /// <summary>Admits a request until the lease that it returns is disposed.</summary>
    /// <param name="places">How many places it takes.</param>
    /// <param name="field">The field of the request that asks for them; null where the request asks for one.</param>
    /// <exception cref="ApiException">The server is at capacity, or its capacity is smaller than the request.</exception>
    public IDisposable Enter(int places = 1, string? field = null)
    {
        if (places > most)
        {
            throw ApiException.BadField(field ?? what, $"{field ?? what} is {places}; this server takes {most} {what} at once.");
        }

        return TryEnter(places)
            ?? throw new ApiException(
                StatusCodes.Status429TooManyRequests,
                $"{most} {what} are under way or waiting, the most that this server takes. Try again later.",
                FullCode
            )
            {
                RetryAfter = TimeSpan.FromSeconds(1),
            };
    }

    /// <summary>The same; null where the server is at capacity.</summary>
    public IDisposable? TryEnter(int places)
    {
        if (Interlocked.Add(ref _inside, places) > most)
        {
            Interlocked.Add(ref _inside, -places);
            return null;
        }

        return new Lease(this, places);
    }

    private sealed class Lease(Admission admission, int places) : IDisposable
    {
        private int _left = places;

        public void Dispose() => Interlocked.Add(ref admission._inside, -Interlocked.Exchange(ref _left, 0));
    }
}
