using System.Net.Sockets;
using Npgsql;

namespace RewardReasoning.Storage;

/// <summary>
/// Work that is done again, on a new connection, when the server was away or asked for it: everything here may be done twice. Waits
/// double from a fifth of a second up to ten; after about a minute it is given up.
/// </summary>
internal sealed class PostgresRetry(string location, TimeProvider time)
{
    private const int Tries = 12;
    private static readonly TimeSpan FirstWait = TimeSpan.FromSeconds(0.2);
    private static readonly TimeSpan LongestWait = TimeSpan.FromSeconds(10);

    public async Task<T> RunAsync<T>(Func<CancellationToken, Task<T>> work, CancellationToken cancellationToken)
    {
        TimeSpan wait = FirstWait;
        for (int tried = 1; ; tried++)
        {
            try
            {
                return await work(cancellationToken).ConfigureAwait(false);
            }
            catch (Exception error) when (tried < Tries && IsPassing(error))
            {
                await Task.Delay(wait, time, cancellationToken).ConfigureAwait(false);
                wait = wait * 2 < LongestWait ? wait * 2 : LongestWait;
            }
            catch (Exception error) when (error is NpgsqlException or SocketException or TimeoutException)
            {
                throw PostgresErrors.Of(error, location);
            }
        }
    }

    private static bool IsPassing(Exception error) =>
        error is NpgsqlException { IsTransient: true } or SocketException or TimeoutException
        || (
            error is PostgresException { SqlState: var state }
            && state is PostgresErrorCodes.AdminShutdown or PostgresErrorCodes.CrashShutdown or PostgresErrorCodes.CannotConnectNow
        );
}
