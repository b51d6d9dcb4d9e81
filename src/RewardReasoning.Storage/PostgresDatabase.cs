using Npgsql;
using NpgsqlTypes;

namespace RewardReasoning.Storage;

/// <summary>A PostgreSQL database that has certain tables, and the way to ask it. Safe to use from many threads.</summary>
internal sealed class PostgresDatabase : IDisposable
{
    private readonly PostgresResilience _retries;

    private PostgresDatabase(NpgsqlDataSource source, string location, TimeProvider time, TimeSpan? patience) =>
        (Source, Location, Time, _retries) = (source, location, time, new(location, time, patience));

    /// <summary>Gives connections.</summary>
    public NpgsqlDataSource Source { get; }

    /// <summary>The address without what is secret, for people.</summary>
    public string Location { get; }

    /// <summary>The clock of the waits.</summary>
    public TimeProvider Time { get; }

    /// <summary>Connects, and makes the tables where they are missing.</summary>
    /// <param name="address">The address (<see cref="PostgresLocation"/>).</param>
    /// <param name="schema">The tables.</param>
    /// <param name="time">Clock for waits when the server goes away.</param>
    /// <param name="patience">The longest that anybody waits for a server that does not answer; null for about a minute.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="CompletionStoreException">The server cannot be reached, refuses, or holds tables of another form.</exception>
    public static async Task<PostgresDatabase> OpenAsync(
        string address,
        PostgresSchema schema,
        TimeProvider time,
        TimeSpan? patience = null,
        CancellationToken cancellationToken = default
    )
    {
        NpgsqlConnectionStringBuilder connection = PostgresLocation.Parse(address);
        connection.ApplicationName = "rrm";
        connection.MaxAutoPrepare = 32;
        if (patience is { } longest)
        {
            // A server that is cut off does not say so: who waits must learn of it before that time is over.
            connection.Timeout = connection.CommandTimeout = Math.Max(1, (int)(longest.TotalSeconds / 2));
        }

        string described = PostgresLocation.Describe(connection);
        NpgsqlDataSource source = NpgsqlDataSource.Create(connection);
        try
        {
            NpgsqlConnection first = await source.OpenConnectionAsync(cancellationToken).ConfigureAwait(false);
            await using (first.ConfigureAwait(false))
            {
                await schema.EnsureAsync(first, described, cancellationToken).ConfigureAwait(false);
            }

            return new(source, described, time, patience);
        }
        catch (Exception error)
        {
            await source.DisposeAsync().ConfigureAwait(false);
            if (error is NpgsqlException or System.Net.Sockets.SocketException or TimeoutException)
            {
                throw PostgresErrors.Of(error, described);
            }

            throw;
        }
    }

    /// <summary>A text as a text of PostgreSQL, which has no character 0: U+FFFD stands for it.</summary>
    public static string TextOf(string text) => text.Replace('\0', '\uFFFD');

    /// <summary>A text or NULL as a parameter.</summary>
    public static NpgsqlParameter Text(string? text) => new() { Value = (object?)text ?? DBNull.Value, NpgsqlDbType = NpgsqlDbType.Text };

    /// <summary>Does work that may be done twice, again where the server was away.</summary>
    /// <exception cref="CompletionStoreException">The server stays away, or refuses.</exception>
    public Task<T> RunAsync<T>(Func<CancellationToken, Task<T>> work, CancellationToken cancellationToken = default) =>
        _retries.RunAsync(work, cancellationToken);

    /// <summary>What a statement gives, which may be run twice.</summary>
    /// <exception cref="CompletionStoreException">The server stays away, or refuses.</exception>
    public Task<List<T>> AskAsync<T>(string sql, Func<NpgsqlDataReader, T> read, params NpgsqlParameter[] parameters) =>
        RunAsync(stop => RowsAsync(sql, read, stop, Copies(parameters)));

    /// <summary>The rows that a statement changes, which may be run twice.</summary>
    /// <exception cref="CompletionStoreException">The server stays away, or refuses.</exception>
    public Task<int> ChangeAsync(string sql, params NpgsqlParameter[] parameters) =>
        RunAsync(async stop =>
        {
            NpgsqlCommand command = Source.CreateCommand(sql);
            await using (command.ConfigureAwait(false))
            {
                command.Parameters.AddRange(Copies(parameters));
                return await command.ExecuteNonQueryAsync(stop).ConfigureAwait(false);
            }
        });

    /// <summary>What a statement gives, asked once.</summary>
    public async Task<List<T>> RowsAsync<T>(
        string sql,
        Func<NpgsqlDataReader, T> read,
        CancellationToken cancellationToken,
        params NpgsqlParameter[] parameters
    )
    {
        NpgsqlCommand command = Source.CreateCommand(sql);
        await using (command.ConfigureAwait(false))
        {
            command.Parameters.AddRange(parameters);
            return await RowsAsync(command, read, cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>What a command gives, asked once.</summary>
    public static async Task<List<T>> RowsAsync<T>(
        NpgsqlCommand command,
        Func<NpgsqlDataReader, T> read,
        CancellationToken cancellationToken
    )
    {
        List<T> rows = [];
        NpgsqlDataReader reader = await command.ExecuteReaderAsync(cancellationToken).ConfigureAwait(false);
        await using (reader.ConfigureAwait(false))
        {
            while (await reader.ReadAsync(cancellationToken).ConfigureAwait(false))
            {
                rows.Add(read(reader));
            }
        }

        return rows;
    }

    /// <inheritdoc/>
    public void Dispose() => Source.Dispose();

    /// <summary>A parameter belongs to one command, and work may be done twice.</summary>
    private static NpgsqlParameter[] Copies(NpgsqlParameter[] parameters) => [.. parameters.Select(parameter => parameter.Clone())];
}
