using Npgsql;

namespace RewardReasoning.Storage;

/// <summary>Tables that belong together, in the schema <c>rewardreasoning</c>, and whether a database has them.</summary>
/// <param name="FormTable">The table whose one row says which form the others have.</param>
/// <param name="Version">The form that this program knows.</param>
/// <param name="Tables">Makes the tables.</param>
internal sealed record PostgresSchema(string FormTable, int Version, string Tables)
{
    /// <summary>Any number that no other program locks: whoever holds it makes or changes the schema.</summary>
    private const long AdvisoryLock = 0x5252_4D73_746F_7265;

    /// <summary>The tables of completions.</summary>
    public static PostgresSchema Completions { get; } =
        new(
            "form",
            1,
            """
            CREATE TABLE rewardreasoning.models (id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
            identity text NOT NULL UNIQUE, name text NOT NULL);
            CREATE TABLE rewardreasoning.prompts (hash bytea PRIMARY KEY, messages bytea NOT NULL);
            CREATE TABLE rewardreasoning.completions (
              id bigint GENERATED ALWAYS AS IDENTITY UNIQUE,
              key bytea PRIMARY KEY,
              model integer NOT NULL REFERENCES rewardreasoning.models (id),
              created bigint NOT NULL, -- milliseconds since 1970
              elapsed bigint NOT NULL, -- milliseconds
              prompt bytea NOT NULL,   -- hash of prompts
              settings bytea NOT NULL,
              response bytea NOT NULL
            );
            -- The bytes come compressed.
            ALTER TABLE rewardreasoning.prompts ALTER COLUMN messages SET STORAGE EXTERNAL;
            ALTER TABLE rewardreasoning.completions ALTER COLUMN response SET STORAGE EXTERNAL;
            CREATE INDEX completions_by_age ON rewardreasoning.completions (created);
            """
        );

    /// <summary>Makes the tables where they are missing; of several processes that find them missing, one.</summary>
    public async Task EnsureAsync(NpgsqlConnection connection, string location, CancellationToken cancellationToken)
    {
        if (await IsMadeAsync(connection, location, cancellationToken).ConfigureAwait(false))
        {
            return;
        }

        NpgsqlTransaction transaction = await connection.BeginTransactionAsync(cancellationToken).ConfigureAwait(false);
        await using (transaction.ConfigureAwait(false))
        {
            await ExecuteAsync(connection, FormattableString.Invariant($"SELECT pg_advisory_xact_lock({AdvisoryLock})"), cancellationToken)
                .ConfigureAwait(false);
            if (!await IsMadeAsync(connection, location, cancellationToken).ConfigureAwait(false))
            {
                string form = FormattableString.Invariant(
                    $"""
                    CREATE SCHEMA IF NOT EXISTS rewardreasoning;
                    CREATE TABLE rewardreasoning.{FormTable} (version integer NOT NULL);
                    INSERT INTO rewardreasoning.{FormTable} VALUES ({Version});
                    """
                );
                await ExecuteAsync(connection, form + Tables, cancellationToken).ConfigureAwait(false);
            }

            await transaction.CommitAsync(cancellationToken).ConfigureAwait(false);
        }
    }

    private async Task<bool> IsMadeAsync(NpgsqlConnection connection, string location, CancellationToken cancellationToken)
    {
        // Asked of the catalogue itself: to_regclass may answer from what the session remembers of the time before it got the lock.
        if (
            await ExecuteAsync(
                    connection,
                    $"SELECT EXISTS (SELECT FROM pg_tables WHERE schemaname = 'rewardreasoning' AND tablename = '{FormTable}')",
                    cancellationToken
                )
                .ConfigureAwait(false)
            is not true
        )
        {
            return false;
        }

        object? version = await ExecuteAsync(connection, $"SELECT max(version) FROM rewardreasoning.{FormTable}", cancellationToken)
            .ConfigureAwait(false);
        return version is int found && found == Version
            ? true
            : throw new CompletionStoreException(
                FormattableString.Invariant($"The store {location} has form {version}; this program knows form {Version}. ")
                    + "Use the version of rrm that wrote it, or another store with --store."
            )
            {
                IsUnusable = true,
            };
    }

    private static async Task<object?> ExecuteAsync(NpgsqlConnection connection, string sql, CancellationToken cancellationToken)
    {
        NpgsqlCommand command = new(sql, connection);
        await using (command.ConfigureAwait(false))
        {
            return await command.ExecuteScalarAsync(cancellationToken).ConfigureAwait(false);
        }
    }
}
