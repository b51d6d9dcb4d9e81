using System.Net.Sockets;
using Npgsql;
using Polly;
using Polly.Retry;

namespace RewardReasoning.Storage;

/// <summary>
/// Repeats work, on a new connection, when the server was away or asked for it: everything here may be done twice. Waits double from a
/// fifth of a second up to ten; after about a minute it gives up.
/// </summary>
internal sealed class PostgresResilience(string location, TimeProvider time)
{
    private readonly ResiliencePipeline _pipeline = new ResiliencePipelineBuilder { TimeProvider = time }
        .AddRetry(
            new RetryStrategyOptions
            {
                ShouldHandle = new PredicateBuilder().Handle<Exception>(IsPassing),
                MaxRetryAttempts = 11,
                BackoffType = DelayBackoffType.Exponential,
                Delay = TimeSpan.FromSeconds(0.2),
                MaxDelay = TimeSpan.FromSeconds(10),
            }
        )
        .Build();

    public async Task<T> RunAsync<T>(Func<CancellationToken, Task<T>> work, CancellationToken cancellationToken)
    {
        try
        {
            return await _pipeline
                .ExecuteAsync(async stop => await work(stop).ConfigureAwait(false), cancellationToken)
                .ConfigureAwait(false);
        }
        catch (Exception error) when (error is NpgsqlException or SocketException or TimeoutException)
        {
            throw PostgresErrors.Of(error, location);
        }
    }

    private static bool IsPassing(Exception error) =>
        error is NpgsqlException { IsTransient: true } or SocketException or TimeoutException
        || (
            error is PostgresException { SqlState: var state }
            && state is PostgresErrorCodes.AdminShutdown or PostgresErrorCodes.CrashShutdown or PostgresErrorCodes.CannotConnectNow
        );
}
