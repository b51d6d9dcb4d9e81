using System.Globalization;
using System.Text.Json;
using Npgsql;
using NpgsqlTypes;
using RewardReasoning.Storage;

namespace RewardReasoning.Cluster;

/// <summary>
/// Which servers the cluster has, in tables of the database that they share. A server holds a lock of the database while it lives; one
/// whose lock is gone counts as silent, so that nobody who starts waits for it.
/// </summary>
internal sealed class PostgresMembership : IMembershipTable, IAsyncDisposable
{
    private const string SelectSilos =
        "SELECT silo, entry, alive, EXISTS (SELECT FROM pg_locks WHERE locktype = 'advisory' AND granted AND objsubid = 1 "
        + "AND ((classid::bigint << 32) | objid::bigint) = lock) FROM rewardreasoning.cluster_silos";

    private static readonly PostgresSchema Schema = new(
        "cluster_form",
        1,
        """
        CREATE TABLE rewardreasoning.cluster_version (version integer NOT NULL);
        INSERT INTO rewardreasoning.cluster_version VALUES (0);
        CREATE TABLE rewardreasoning.cluster_silos (
          silo text PRIMARY KEY,
          entry text NOT NULL,
          alive timestamptz NOT NULL,
          lock bigint NOT NULL
        );
        """
    );

    private readonly PostgresDatabase _database;
    private readonly NpgsqlDataSource _holds;
    private NpgsqlConnection? _hold;

    private PostgresMembership(PostgresDatabase database, NpgsqlDataSource holds) => (_database, _holds) = (database, holds);

    /// <summary>Connects, and makes the tables where they are missing.</summary>
    /// <exception cref="CompletionStoreException">The database cannot be used.</exception>
    public static async Task<PostgresMembership> OpenAsync(string address, TimeProvider time, CancellationToken cancellationToken)
    {
        PostgresDatabase database = await PostgresDatabase.OpenAsync(address, Schema, time, TimeSpan.FromSeconds(4), cancellationToken);
        NpgsqlConnectionStringBuilder settings = PostgresLocation.Parse(address);
        (settings.ApplicationName, settings.Pooling, settings.KeepAlive, settings.Timeout) = ("rrm", false, 10, 4);
        return new(database, NpgsqlDataSource.Create(settings));
    }

    /// <inheritdoc/>
    public Task InitializeMembershipTable(bool tryInitTableVersion) => Task.CompletedTask;

    /// <inheritdoc/>
    public Task DeleteMembershipTableEntries(string clusterId) => _database.ChangeAsync("DELETE FROM rewardreasoning.cluster_silos");

    /// <inheritdoc/>
    public Task CleanupDefunctSiloEntries(DateTimeOffset beforeDate) =>
        _database.ChangeAsync(
            "DELETE FROM rewardreasoning.cluster_silos WHERE alive < $1 AND entry::json ->> 'Status' = 'Dead'",
            new NpgsqlParameter { Value = beforeDate.ToUniversalTime() }
        );

    /// <inheritdoc/>
    public Task<MembershipTableData> ReadRow(SiloAddress key) =>
        ReadAsync(" WHERE silo = $1", new NpgsqlParameter { Value = key.ToParsableString() });

    /// <inheritdoc/>
    public Task<MembershipTableData> ReadAll() => ReadAsync("");

    /// <inheritdoc/>
    public async Task<bool> InsertRow(MembershipEntry entry, TableVersion tableVersion)
    {
        await HoldAsync(LockOf(entry.SiloAddress));
        return await WriteAsync(
            """
            WITH step AS (UPDATE rewardreasoning.cluster_version SET version = $1 WHERE version = $2 RETURNING version)
            INSERT INTO rewardreasoning.cluster_silos (silo, entry, alive, lock)
            SELECT $3, $4, $5, $6 FROM step ON CONFLICT (silo) DO UPDATE SET entry = excluded.entry
            """,
            entry,
            tableVersion
        );
    }

    /// <inheritdoc/>
    public Task<bool> UpdateRow(MembershipEntry entry, string etag, TableVersion tableVersion) =>
        WriteAsync(
            """
            WITH step AS (UPDATE rewardreasoning.cluster_version SET version = $1 WHERE version = $2 RETURNING version)
            UPDATE rewardreasoning.cluster_silos SET entry = $4, alive = greatest(alive, $5), lock = $6 FROM step WHERE silo = $3
            """,
            entry,
            tableVersion
        );

    /// <inheritdoc/>
    public async Task UpdateIAmAlive(MembershipEntry entry)
    {
        await _database.ChangeAsync(
            "UPDATE rewardreasoning.cluster_silos SET alive = $1 WHERE silo = $2",
            new() { Value = UtcOf(entry.IAmAliveTime) },
            new() { Value = entry.SiloAddress.ToParsableString() }
        );
        if (_hold is not { FullState: System.Data.ConnectionState.Open })
        {
            await HoldAsync(LockOf(entry.SiloAddress)); // the connection was lost
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await (_hold?.DisposeAsync() ?? ValueTask.CompletedTask);
        await _holds.DisposeAsync();
        _database.Dispose();
    }

    private static long LockOf(SiloAddress silo) => BitConverter.ToInt64(TextHash.Of(silo.ToParsableString()));

    private static DateTime UtcOf(DateTime time) => DateTime.SpecifyKind(time, DateTimeKind.Utc);

    private async Task HoldAsync(long key)
    {
        await (_hold?.DisposeAsync() ?? ValueTask.CompletedTask);
        _hold = null;
        NpgsqlConnection hold = await _holds.OpenConnectionAsync();
        NpgsqlCommand take = new("SELECT pg_try_advisory_lock($1)", hold);
        await using (take)
        {
            take.Parameters.Add(new() { Value = key });
            await take.ExecuteScalarAsync();
        }

        _hold = hold;
    }

    private async Task<MembershipTableData> ReadAsync(string where, params NpgsqlParameter[] parameters)
    {
        // One statement, so that the rows are those of the version.
        List<(int Version, (MembershipEntry Entry, string ETag)? Row)> rows = await _database.AskAsync(
            $"""
            SELECT version, silos.* FROM rewardreasoning.cluster_version LEFT JOIN LATERAL ({SelectSilos}{where}) AS silos ON true
            """,
            row => (row.GetInt32(0), row.IsDBNull(1) ? ((MembershipEntry, string)?)null : EntryOf(row)),
            parameters
        );
        int version = rows[0].Version;
        return new(
            [
                .. rows.Select(row => row.Row)
                    .OfType<(MembershipEntry Entry, string ETag)>()
                    .Select(row => Tuple.Create(row.Entry, row.ETag)),
            ],
            new(version, Number(version))
        );

        static (MembershipEntry, string) EntryOf(NpgsqlDataReader row)
        {
            SiloRow stored =
                JsonSerializer.Deserialize<SiloRow>(row.GetString(2)) ?? throw new InvalidOperationException("An entry is empty.");
            bool isHeld = row.GetBoolean(4);
            return (
                new()
                {
                    SiloAddress = SiloAddress.FromParsableString(row.GetString(1)),
                    Status = Enum.Parse<SiloStatus>(stored.Status),
                    SuspectTimes =
                    [
                        .. stored.Suspects.Select(one => Tuple.Create(SiloAddress.FromParsableString(one.Silo), UtcOf(one.At))),
                    ],
                    HostName = stored.HostName ?? "",
                    SiloName = stored.SiloName ?? "",
                    RoleName = stored.RoleName,
                    ProxyPort = stored.ProxyPort,
                    StartTime = UtcOf(stored.Start),
                    // Who has no lock any more is gone, or cut off from the database: nobody waits for it.
                    IAmAliveTime = isHeld ? row.GetDateTime(3) : UtcOf(stored.Start.AddDays(-1)),
                },
                ""
            );
        }
    }

    private async Task<bool> WriteAsync(string sql, MembershipEntry entry, TableVersion version)
    {
        SiloRow row = new(
            entry.Status.ToString(),
            [.. (entry.SuspectTimes ?? []).Select(one => new Suspicion(one.Item1.ToParsableString(), one.Item2))],
            entry.HostName,
            entry.SiloName,
            entry.RoleName,
            entry.ProxyPort,
            entry.StartTime
        );
        return await _database.ChangeAsync(
                sql,
                new() { Value = version.Version },
                new() { Value = int.Parse(version.VersionEtag, CultureInfo.InvariantCulture) },
                new() { Value = entry.SiloAddress.ToParsableString() },
                new() { Value = JsonSerializer.Serialize(row) },
                new() { Value = UtcOf(entry.IAmAliveTime), NpgsqlDbType = NpgsqlDbType.TimestampTz },
                new() { Value = LockOf(entry.SiloAddress) }
            ) == 1;
    }

    private static string Number(int number) => number.ToString(CultureInfo.InvariantCulture);

    /// <summary>What of an entry is stored as JSON.</summary>
    private sealed record SiloRow(
        string Status,
        IReadOnlyList<Suspicion> Suspects,
        string? HostName,
        string? SiloName,
        string? RoleName,
        int ProxyPort,
        DateTime Start
    );

    private sealed record Suspicion(string Silo, DateTime At);
}
