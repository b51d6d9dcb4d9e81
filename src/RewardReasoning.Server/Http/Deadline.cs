using Microsoft.AspNetCore.Http;

namespace RewardReasoning.Server.Http;

/// <summary>Cancels a request's work when its client has gone, when the server no longer waits, and when its time is over.</summary>
internal sealed class Deadline : IDisposable
{
    private readonly CancellationTokenSource _clock;
    private readonly CancellationTokenSource _all;

    /// <param name="context">The request.</param>
    /// <param name="limit">How long it may take; null for no limit.</param>
    /// <param name="time">The clock.</param>
    public Deadline(HttpContext context, TimeSpan? limit, TimeProvider time)
    {
        _clock = new CancellationTokenSource(limit ?? Timeout.InfiniteTimeSpan, time);
        _all = CancellationTokenSource.CreateLinkedTokenSource(_clock.Token, context.RequestAborted);
    }

    /// <summary>Cancelled by any of the three.</summary>
    public CancellationToken Token => _all.Token;

    /// <summary>Runs work under the token.</summary>
    /// <exception cref="ApiException">Its time was over first.</exception>
    public async Task<T> RunAsync<T>(Func<CancellationToken, Task<T>> work)
    {
        try
        {
            return await work(Token);
        }
        catch (OperationCanceledException) when (_clock.IsCancellationRequested)
        {
            throw Passed();
        }
    }

    /// <summary>Whether the time is over.</summary>
    public bool HasPassed => _clock.IsCancellationRequested;

    /// <summary>The answer to a request whose time is over.</summary>
    public static ApiException Passed() =>
        new(
            StatusCodes.Status504GatewayTimeout,
            "The judge did not end before the deadline. What it paid for is stored: the same request again continues there.",
            "deadline_passed"
        );

    public void Dispose()
    {
        _all.Dispose();
        _clock.Dispose();
    }
}
