using System.Net.Sockets;
using Npgsql;
using Polly;
using Polly.Retry;
using Polly.Timeout;

namespace RewardReasoning.Storage;

/// <summary>
/// Repeats work, on a new connection, when the server was away or asked for it: everything here may be done twice. Waits double from a
/// fifth of a second up to ten; it gives up after eleven repetitions (about a minute), or when a time is over.
/// </summary>
/// <param name="location">The database, for people.</param>
/// <param name="time">The clock.</param>
/// <param name="patience">The longest that anybody waits; null leaves that to the number of repetitions.</param>
internal sealed class PostgresResilience(string location, TimeProvider time, TimeSpan? patience = null)
{
    private readonly ResiliencePipeline _pipeline = Limited(new ResiliencePipelineBuilder { TimeProvider = time }, patience)
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
        catch (Exception error) when (error is NpgsqlException or SocketException or TimeoutException or TimeoutRejectedException)
        {
            throw PostgresErrors.Of(error, location);
        }
    }

    private static ResiliencePipelineBuilder Limited(ResiliencePipelineBuilder builder, TimeSpan? patience)
    {
        if (patience is { } longest)
        {
            builder.AddTimeout(longest);
        }

        return builder;
    }

    private static bool IsPassing(Exception error) =>
        error is NpgsqlException { IsTransient: true } or SocketException or TimeoutException
        || (
            error is PostgresException { SqlState: var state }
            && state is PostgresErrorCodes.AdminShutdown or PostgresErrorCodes.CrashShutdown or PostgresErrorCodes.CannotConnectNow
        );
}
