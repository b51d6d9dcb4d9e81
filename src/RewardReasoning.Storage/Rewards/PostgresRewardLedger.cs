using System.Text;
using Npgsql;
using NpgsqlTypes;

namespace RewardReasoning.Storage.Rewards;

/// <summary>
/// A ledger in a PostgreSQL database that several processes share. What comes during a round trip shares the next one, and each write
/// looks in its own transaction whether its shard's epoch still holds. Texts are bytes, since a text of PostgreSQL has no character 0.
/// </summary>
internal sealed class PostgresRewardLedger : IRewardLedger, IDisposable
{
    private const int WritesPerCommit = 512;

    // A claim waits for the writes that hold the shard's row, and those that wait for the claim see the new epoch.
    private const string Fence = "WITH fence AS (SELECT FROM rewardreasoning.reward_shards WHERE shard = $1 AND epoch = $2 FOR SHARE),";

    private const string AddSql = $"""
        {Fence}
        cohort AS (
          INSERT INTO rewardreasoning.reward_cohorts (key, name, attempt, shard, size, implicit, query, settings, created)
          SELECT $3, $4, $5, $1, $6, $7, $8, $9, $10 WHERE EXISTS (SELECT FROM fence) ON CONFLICT (key, attempt) DO NOTHING RETURNING id),
        known AS (
          SELECT id FROM cohort UNION ALL SELECT id FROM rewardreasoning.reward_cohorts
          WHERE key = $3 AND attempt = $5 AND closed IS NULL AND EXISTS (SELECT FROM fence)),
        member AS (
          INSERT INTO rewardreasoning.reward_members (cohort, number, id, hash, response, arrived)
          SELECT id, $11, $12, $13, $14, $15 FROM known
          ON CONFLICT (cohort, number) DO UPDATE SET id = reward_members.id WHERE reward_members.id = $12 RETURNING number)
        SELECT (SELECT count(*) FROM fence), (SELECT count(*) FROM known), (SELECT count(*) FROM member)
        """;

    private const string CloseSql = $"""
        {Fence}
        cohort AS (
          UPDATE rewardreasoning.reward_cohorts SET closed = $5
          WHERE key = $3 AND attempt = $4 AND (closed IS NULL OR closed = $5) AND EXISTS (SELECT FROM fence) RETURNING id),
        answered AS (
          UPDATE rewardreasoning.reward_members SET answer = given.answer FROM unnest($6::int[], $7::bytea[]) AS given (number, answer)
          WHERE cohort = (SELECT id FROM cohort) AND reward_members.number = given.number RETURNING reward_members.number)
        SELECT (SELECT count(*) FROM fence), (SELECT count(*) FROM cohort), (SELECT count(*) FROM answered)
        """;

    private const string ClaimSql = """
        INSERT INTO rewardreasoning.reward_shards (shard, epoch) SELECT shard, 1 FROM unnest($1::int[]) AS asked (shard) ORDER BY shard
        ON CONFLICT (shard) DO UPDATE SET epoch = reward_shards.epoch + 1 RETURNING shard, epoch
        """;

    // Who keeps a claim waiting, and waits for its own server in turn: that one was paused, or cut off, in the middle of a write.
    private const string EndStuckWritersSql = """
        SELECT pg_terminate_backend(stuck.pid) FROM unnest(pg_blocking_pids($1)) AS blocking (pid)
        JOIN pg_stat_activity AS stuck ON stuck.pid = blocking.pid AND stuck.wait_event = 'ClientRead'
        """;

    private static readonly TimeSpan LongestWrite = TimeSpan.FromSeconds(1.5);

    private const string SelectCohorts = """
        SELECT cohorts.id, name, attempt, size, implicit, query, settings, created, closed,
          number, members.id, hash, response, arrived, answer, delivered
        FROM rewardreasoning.reward_cohorts AS cohorts JOIN rewardreasoning.reward_members AS members ON cohort = cohorts.id
        """;

    private readonly PostgresDatabase _database;
    private readonly GroupCommit<Write, Written> _commits;

    /// <param name="database">Has the tables of a server's state; the caller disposes it.</param>
    public PostgresRewardLedger(PostgresDatabase database)
    {
        _database = database;
        _commits = new(WritesPerCommit, writes => database.RunAsync(stop => CommitAsync(writes, stop)));
    }

    public bool IsDurable => true;

    public async Task<ClaimedShards> ClaimAsync(IReadOnlyCollection<int> shards, DateTimeOffset closedAfter)
    {
        int[] asked = [.. shards];
        List<(int Shard, long Epoch)> claimed = await _database.RunAsync(stop => TakeAsync(asked, stop)).ConfigureAwait(false);
        Dictionary<int, long> epochs = claimed.ToDictionary(one => one.Shard, one => one.Epoch);
        IReadOnlyList<StoredCohort> unfinished = await FindAsync(
                "WHERE shard = ANY ($1) AND (closed IS NULL OR (implicit IS NOT NULL AND closed > $2))",
                new NpgsqlParameter { Value = asked },
                new NpgsqlParameter { Value = closedAfter.ToUnixTimeMilliseconds() }
            )
            .ConfigureAwait(false);
        return new(epochs, [.. unfinished.Select(cohort => cohort with { Epoch = epochs[cohort.Shard] })]);
    }

    public Task<IReadOnlyList<StoredCohort>> FindGroupAsync(string group) =>
        FindAsync("WHERE key = $1", new NpgsqlParameter { Value = TextHash.Of(group) });

    public async Task<StoredCohort?> FindMemberAsync(string id) =>
        (
            await FindAsync(
                    "WHERE cohorts.id = (SELECT cohort FROM rewardreasoning.reward_members WHERE id = $1)",
                    new NpgsqlParameter { Value = id }
                )
                .ConfigureAwait(false)
        ).SingleOrDefault();

    public async Task AddAsync(StoredCohort cohort, StoredMember member)
    {
        Written written = await _commits
            .AddAsync(
                new(
                    AddSql,
                    [
                        cohort.Shard,
                        cohort.Epoch,
                        TextHash.Of(cohort.Group),
                        Bytes(cohort.Group),
                        cohort.Attempt,
                        cohort.Size,
                        cohort.ImplicitKey is { } key ? key : DBNull.Value,
                        Bytes(cohort.Query),
                        Bytes(cohort.Settings),
                        cohort.Created.ToUnixTimeMilliseconds(),
                        member.Index,
                        member.Id,
                        member.Hash,
                        Bytes(member.Response),
                        member.Arrived.ToUnixTimeMilliseconds(),
                    ]
                )
            )
            .ConfigureAwait(false);
        Require(cohort, written);
        if (!written.HasMember)
        {
            throw new CompletionStoreException("The ledger has another member of this number.");
        }
    }

    public async Task CloseAsync(StoredCohort cohort, DateTimeOffset closed, IReadOnlyList<(int Index, string Answer)> answers) =>
        Require(
            cohort,
            await _commits
                .AddAsync(
                    new(
                        CloseSql,
                        [
                            cohort.Shard,
                            cohort.Epoch,
                            TextHash.Of(cohort.Group),
                            cohort.Attempt,
                            closed.ToUnixTimeMilliseconds(),
                            answers.Select(answer => answer.Index).ToArray(),
                            answers.Select(answer => Bytes(answer.Answer)).ToArray(),
                        ]
                    )
                )
                .ConfigureAwait(false)
        );

    public Task DeliverAsync(IReadOnlyList<string> ids) =>
        _database.ChangeAsync(
            "UPDATE rewardreasoning.reward_members SET delivered = true WHERE id = ANY ($1)",
            new NpgsqlParameter { Value = ids.ToArray() }
        );

    public Task AddReferencesAsync(byte[] query, IReadOnlyList<string> references) =>
        _database.ChangeAsync(
            """
            INSERT INTO rewardreasoning.reward_references (query, hash, reference)
            SELECT $1, sha256(reference), reference FROM unnest($2::bytea[]) AS given (reference) ORDER BY reference ON CONFLICT DO NOTHING
            """,
            new NpgsqlParameter { Value = query },
            new NpgsqlParameter { Value = references.Select(Bytes).ToArray() }
        );

    public async Task<IReadOnlyList<string>> FindReferencesAsync(byte[] query) =>
        await _database
            .AskAsync(
                "SELECT reference FROM rewardreasoning.reward_references WHERE query = $1 ORDER BY reference",
                row => Text(row, 0),
                new NpgsqlParameter { Value = query }
            )
            .ConfigureAwait(false);

    public Task<int> PruneAsync(DateTimeOffset before) =>
        _database.ChangeAsync(
            "DELETE FROM rewardreasoning.reward_cohorts WHERE closed < $1",
            new NpgsqlParameter { Value = before.ToUnixTimeMilliseconds() }
        );

    /// <summary>Shards that have open cohorts, whoever owns them.</summary>
    public async Task<IReadOnlyList<int>> FindOpenShardsAsync() =>
        await _database
            .AskAsync("SELECT DISTINCT shard FROM rewardreasoning.reward_cohorts WHERE closed IS NULL", row => row.GetInt32(0))
            .ConfigureAwait(false);

    /// <inheritdoc/>
    public void Dispose() => _commits.Dispose();

    /// <summary>
    /// Takes shards over. A writer that was paused or cut off in the middle of a transaction keeps the locks of their rows for as long as
    /// its connection seems to live; its session is then ended, so that it cannot keep others from its groups.
    /// </summary>
    private async Task<List<(int Shard, long Epoch)>> TakeAsync(int[] shards, CancellationToken cancellationToken)
    {
        NpgsqlConnection connection = await _database.Source.OpenConnectionAsync(cancellationToken).ConfigureAwait(false);
        await using (connection.ConfigureAwait(false))
        {
            Task<List<(int Shard, long Epoch)>> taking = TakeAsync(connection, shards, cancellationToken);
            while (!taking.IsCompleted)
            {
                await ((Task)taking.WaitAsync(LongestWrite, _database.Time, cancellationToken)).ConfigureAwait(
                    ConfigureAwaitOptions.SuppressThrowing
                );
                if (!taking.IsCompleted)
                {
                    _ = await _database
                        .RowsAsync(
                            EndStuckWritersSql,
                            row => row.GetBoolean(0),
                            cancellationToken,
                            new NpgsqlParameter { Value = connection.ProcessID }
                        )
                        .ConfigureAwait(false);
                }
            }

            return await taking.ConfigureAwait(false);
        }
    }

    private static async Task<List<(int Shard, long Epoch)>> TakeAsync(
        NpgsqlConnection connection,
        int[] shards,
        CancellationToken cancellationToken
    )
    {
        NpgsqlCommand command = new(ClaimSql, connection);
        await using (command.ConfigureAwait(false))
        {
            command.Parameters.Add(new() { Value = shards });
            return await PostgresDatabase
                .RowsAsync(command, row => (row.GetInt32(0), row.GetInt64(1)), cancellationToken)
                .ConfigureAwait(false);
        }
    }

    private static void Require(StoredCohort cohort, Written written)
    {
        if (!written.HasFence)
        {
            throw new LostShardException(cohort.Shard);
        }

        if (!written.HasCohort)
        {
            throw new CompletionStoreException("The group was closed meanwhile. Send the request again.");
        }
    }

    private async Task<IReadOnlyList<Written>> CommitAsync(IReadOnlyList<Write> writes, CancellationToken cancellationToken)
    {
        NpgsqlConnection connection = await _database.Source.OpenConnectionAsync(cancellationToken).ConfigureAwait(false);
        await using (connection.ConfigureAwait(false))
        {
            NpgsqlBatch batch = new(connection);
            await using (batch.ConfigureAwait(false))
            {
                foreach (Write write in writes)
                {
                    NpgsqlBatchCommand command = new(write.Sql);
                    foreach (object value in write.Values)
                    {
                        command.Parameters.Add(
                            value is DBNull ? new() { Value = value, NpgsqlDbType = NpgsqlDbType.Text } : new() { Value = value }
                        );
                    }

                    batch.BatchCommands.Add(command);
                }

                List<Written> written = [];
                NpgsqlDataReader reader = await batch.ExecuteReaderAsync(cancellationToken).ConfigureAwait(false);
                await using (reader.ConfigureAwait(false))
                {
                    do
                    {
                        await reader.ReadAsync(cancellationToken).ConfigureAwait(false);
                        written.Add(new(reader.GetInt64(0) > 0, reader.GetInt64(1) > 0, reader.GetInt64(2) > 0));
                    } while (await reader.NextResultAsync(cancellationToken).ConfigureAwait(false));
                }

                return written;
            }
        }
    }

    private async Task<IReadOnlyList<StoredCohort>> FindAsync(string where, params NpgsqlParameter[] parameters)
    {
        List<(long Id, StoredCohort Cohort, StoredMember Member)> rows = await _database
            .AskAsync($"{SelectCohorts} {where} ORDER BY cohorts.id, number", RowOf, parameters)
            .ConfigureAwait(false);
        return
        [
            .. rows.GroupBy(row => row.Id)
                .Select(cohort => cohort.First().Cohort with { Members = [.. cohort.Select(row => row.Member)] })
                .OrderBy(cohort => cohort.Created)
                .ThenBy(cohort => cohort.Attempt),
        ];
    }

    private static (long, StoredCohort, StoredMember) RowOf(NpgsqlDataReader row) =>
        (
            row.GetInt64(0),
            new()
            {
                Group = Text(row, 1),
                Attempt = row.GetInt32(2),
                Size = row.GetInt32(3),
                ImplicitKey = row.IsDBNull(4) ? null : row.GetString(4),
                Query = Text(row, 5),
                Settings = Text(row, 6),
                Created = DateTimeOffset.FromUnixTimeMilliseconds(row.GetInt64(7)),
                Closed = row.IsDBNull(8) ? null : DateTimeOffset.FromUnixTimeMilliseconds(row.GetInt64(8)),
            },
            new(
                row.GetInt32(9),
                row.GetString(10),
                row.GetFieldValue<byte[]>(11),
                Text(row, 12),
                DateTimeOffset.FromUnixTimeMilliseconds(row.GetInt64(13)),
                row.IsDBNull(14) ? null : Text(row, 14),
                row.GetBoolean(15)
            )
        );

    private static byte[] Bytes(string text) => Encoding.UTF8.GetBytes(text);

    private static string Text(NpgsqlDataReader row, int column) => Encoding.UTF8.GetString(row.GetFieldValue<byte[]>(column));

    /// <summary>A statement that may be run twice.</summary>
    private sealed record Write(string Sql, IReadOnlyList<object> Values);

    /// <summary>What of it was there: the right epoch, an open cohort, and its member.</summary>
    private readonly record struct Written(bool HasFence, bool HasCohort, bool HasMember);
}
