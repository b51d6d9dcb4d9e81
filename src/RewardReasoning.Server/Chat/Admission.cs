using Microsoft.AspNetCore.Http;

namespace RewardReasoning.Server.Chat;

/// <summary>
/// Limits how many completions run or wait at once; a request at capacity is refused at once. Safe to use from any thread.
/// </summary>
internal sealed class Admission(int most)
{
    private int _inside;

    /// <summary>Admits a request until the lease that it returns is disposed.</summary>
    /// <param name="response">Its Retry-After header is set when the request is refused.</param>
    /// <param name="completions">How many completions it asks for.</param>
    /// <exception cref="ApiException">The server is at capacity, or its capacity is smaller than the request.</exception>
    public IDisposable Enter(HttpResponse response, int completions)
    {
        if (completions > most)
        {
            throw ApiException.BadField("n", $"n is {completions}; this server takes {most} completions at once.");
        }

        if (Interlocked.Add(ref _inside, completions) > most)
        {
            Interlocked.Add(ref _inside, -completions);
            response.Headers.RetryAfter = "1";
            throw new ApiException(
                StatusCodes.Status429TooManyRequests,
                $"{most} completions are under way or waiting, the most that this server takes. Try again later.",
                "queue_full"
            );
        }

        return new Lease(this, completions);
    }

    private sealed class Lease(Admission admission, int completions) : IDisposable
    {
        private int _left = completions;

        public void Dispose() => Interlocked.Add(ref admission._inside, -Interlocked.Exchange(ref _left, 0));
    }
}
