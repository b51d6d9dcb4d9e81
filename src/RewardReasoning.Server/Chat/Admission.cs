using Microsoft.AspNetCore.Http;

namespace RewardReasoning.Server.Chat;

/// <summary>
/// How many completions are under way or waiting; who comes when the house is full is sent away at once. Safe to use from any thread.
/// </summary>
internal sealed class Admission(int most)
{
    private int _inside;

    /// <summary>Lets a request in until what it returns is disposed.</summary>
    /// <param name="response">Told to come again later where the house is full.</param>
    /// <param name="completions">How many completions it asks for.</param>
    /// <exception cref="ApiException">The house is full, or could never hold so many.</exception>
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

        return new Stay(this, completions);
    }

    private sealed class Stay(Admission house, int completions) : IDisposable
    {
        private int _left = completions;

        public void Dispose() => Interlocked.Add(ref house._inside, -Interlocked.Exchange(ref _left, 0));
    }
}
