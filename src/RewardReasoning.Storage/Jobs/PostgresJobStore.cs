using Npgsql;
using NpgsqlTypes;

namespace RewardReasoning.Storage.Jobs;

/// <summary>
/// Jobs in a PostgreSQL database, which any number of servers drain together. Each server is a holder with a lease that it renews while it
/// lives, by the database's clock; rows of a holder whose lease has run out are anybody's.
/// </summary>
internal sealed class PostgresJobStore : IJobStore, IDisposable
{
    private const int WritesPerCommit = 256;

    private const string SelectJobs =
        "SELECT id, state, reasoning, created, ended, rows, judged, missing, problem FROM rewardreasoning.jobs";

    private const string Free = """
        result IS NULL AND NOT EXISTS (
          SELECT FROM rewardreasoning.job_holders WHERE job_holders.id = holder AND until > clock_timestamp())
        """;

    private static readonly TimeSpan Lease = TimeSpan.FromSeconds(15);

    private readonly PostgresDatabase _database;
    private readonly Guid _holder = Guid.NewGuid();
    private readonly GroupCommit<(string Id, long Number, byte[] Result, bool IsMissing), bool> _results;
    private readonly ITimer _renewal;
    private int _renewing;
    private bool _holds;

    /// <param name="database">Has the tables of a server's state; the caller disposes it.</param>
    public PostgresJobStore(PostgresDatabase database)
    {
        _database = database;
        _results = new(WritesPerCommit, CommitAsync);
        _renewal = database.Time.CreateTimer(_ => _ = RenewInBackgroundAsync(), null, Lease / 3, Lease / 3);
    }

    public bool IsDurable => true;

    public TimeSpan? LookEvery { get; } = TimeSpan.FromSeconds(1);

    public Task AddAsync(string id, bool withReasoning, DateTimeOffset created) =>
        _database.ChangeAsync(
            "INSERT INTO rewardreasoning.jobs (id, state, reasoning, created) VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING",
            new() { Value = id },
            new() { Value = (int)JobState.Receiving },
            new() { Value = withReasoning },
            new() { Value = created.ToUnixTimeMilliseconds() }
        );

    public Task AddRowsAsync(string id, IReadOnlyList<StoredJobRow> rows) =>
        _database.ChangeAsync(
            """
            INSERT INTO rewardreasoning.job_rows (job, number, place, line, text, fault)
            SELECT jobs.number, given.* FROM rewardreasoning.jobs,
              unnest($2::bigint[], $3::bigint[], $4::boolean[], $5::bytea[], $6::text[]) AS given (number, place, line, text, fault)
            WHERE jobs.id = $1 ON CONFLICT DO NOTHING
            """,
            new() { Value = id },
            new() { Value = rows.Select(row => row.Number).ToArray() },
            new() { Value = rows.Select(row => row.Place).ToArray() },
            new() { Value = rows.Select(row => row.IsLine).ToArray() },
            new() { Value = rows.Select(row => row.Text).ToArray(), NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Bytea },
            new()
            {
                Value = rows.Select(row => row.Fault is { } fault ? PostgresDatabase.TextOf(fault) : null).ToArray(),
                NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Text,
            }
        );

    public Task QueueAsync(string id, long rows) =>
        _database.ChangeAsync(
            "UPDATE rewardreasoning.jobs SET state = $1, rows = $2 WHERE id = $3 AND state = $4",
            new() { Value = (int)JobState.Queued },
            new() { Value = rows },
            new() { Value = id },
            new() { Value = (int)JobState.Receiving }
        );

    public async Task<bool> MoveAsync(
        string id,
        IReadOnlyCollection<JobState> from,
        JobState to,
        DateTimeOffset? ended = null,
        string? problem = null
    ) =>
        await _database
            .ChangeAsync(
                "UPDATE rewardreasoning.jobs SET state = $1, ended = $2, problem = $3 WHERE id = $4 AND state = ANY ($5)",
                new() { Value = (int)to },
                new() { Value = (object?)ended?.ToUnixTimeMilliseconds() ?? DBNull.Value, NpgsqlDbType = NpgsqlDbType.Bigint },
                PostgresDatabase.Text(problem is null ? null : PostgresDatabase.TextOf(problem)),
                new() { Value = id },
                new() { Value = from.Select(state => (int)state).ToArray() }
            )
            .ConfigureAwait(false) == 1;

    public async Task<bool> CompleteAsync(string id, DateTimeOffset ended) =>
        await _database
            .ChangeAsync(
                "UPDATE rewardreasoning.jobs SET state = $1, ended = $2 WHERE id = $3 AND state = $4 AND judged = rows",
                new() { Value = (int)JobState.Done },
                new() { Value = ended.ToUnixTimeMilliseconds() },
                new() { Value = id },
                new() { Value = (int)JobState.Running }
            )
            .ConfigureAwait(false) == 1;

    public async Task<IReadOnlyList<StoredJobRow>> TakeRowsAsync(string id, int most)
    {
        await RenewAsync().ConfigureAwait(false);
        List<StoredJobRow> taken = await _database
            .AskAsync(
                $"""
                UPDATE rewardreasoning.job_rows AS rows SET holder = $1 FROM (
                  SELECT job_rows.job, job_rows.number FROM rewardreasoning.job_rows JOIN rewardreasoning.jobs ON jobs.number = job
                  WHERE jobs.id = $2 AND state = $3 AND {Free}
                  ORDER BY job_rows.number LIMIT $4 FOR UPDATE OF job_rows SKIP LOCKED) AS free
                WHERE rows.job = free.job AND rows.number = free.number
                RETURNING rows.number, place, line, text, fault
                """,
                StoredJobRow.Of,
                new() { Value = _holder },
                new() { Value = id },
                new() { Value = (int)JobState.Running },
                new() { Value = (long)most }
            )
            .ConfigureAwait(false);
        return [.. taken.OrderBy(row => row.Number)];
    }

    public Task LetGoAsync(string id) =>
        _database.ChangeAsync(
            """
            UPDATE rewardreasoning.job_rows SET holder = NULL
            WHERE job = (SELECT number FROM rewardreasoning.jobs WHERE id = $1) AND result IS NULL AND holder = $2
            """,
            new() { Value = id },
            new() { Value = _holder }
        );

    public Task FinishRowAsync(string id, long number, byte[] result, bool isMissing) => _results.AddAsync((id, number, result, isMissing));

    public async Task<StoredJob?> FindAsync(string id) =>
        (
            await _database.AskAsync($"{SelectJobs} WHERE id = $1", StoredJob.Of, new NpgsqlParameter { Value = id }).ConfigureAwait(false)
        ).SingleOrDefault();

    public async Task<IReadOnlyList<StoredJob>> ListAsync(int most) =>
        await _database
            .AskAsync(
                $"{SelectJobs} WHERE state <> $1 ORDER BY number DESC LIMIT $2",
                StoredJob.Of,
                new() { Value = (int)JobState.Receiving },
                new() { Value = (long)most }
            )
            .ConfigureAwait(false);

    public async Task<int> CountOpenAsync() =>
        (int)
            (
                await _database
                    .AskAsync(
                        "SELECT count(*) FROM rewardreasoning.jobs WHERE state = ANY ($1)",
                        row => row.GetInt64(0),
                        new NpgsqlParameter { Value = Open }
                    )
                    .ConfigureAwait(false)
            ).Single();

    public async Task<StoredJob?> NextAsync() =>
        (
            await _database
                .AskAsync(
                    $"""
                    {SelectJobs} WHERE state = ANY ($1) AND (judged = rows OR EXISTS (
                      SELECT FROM rewardreasoning.job_rows WHERE job = jobs.number AND {Free}))
                    ORDER BY jobs.number LIMIT 1
                    """,
                    StoredJob.Of,
                    new NpgsqlParameter { Value = Open }
                )
                .ConfigureAwait(false)
        ).SingleOrDefault();

    public IAsyncEnumerable<byte[]> ResultsAsync(string id) =>
        JobResults.InPagesAsync(
            (after, most) =>
                _database.AskAsync(
                    """
                    SELECT job_rows.number, result FROM rewardreasoning.job_rows JOIN rewardreasoning.jobs ON jobs.number = job
                    WHERE jobs.id = $1 AND job_rows.number > $2 AND result IS NOT NULL ORDER BY job_rows.number LIMIT $3
                    """,
                    JobResults.Of,
                    new() { Value = id },
                    new() { Value = after },
                    new() { Value = (long)most }
                )
        );

    public Task RemoveAsync(string id) =>
        _database.ChangeAsync("DELETE FROM rewardreasoning.jobs WHERE id = $1", new NpgsqlParameter { Value = id });

    public async Task PruneAsync(DateTimeOffset before)
    {
        await _database
            .ChangeAsync(
                "DELETE FROM rewardreasoning.jobs WHERE (state = $1 AND created < $2) OR ended < $2",
                new() { Value = (int)JobState.Receiving },
                new() { Value = before.ToUnixTimeMilliseconds() }
            )
            .ConfigureAwait(false);
        await _database
            .ChangeAsync("DELETE FROM rewardreasoning.job_holders WHERE until < clock_timestamp() - interval '1 day'")
            .ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _renewal.Dispose();
        _results.Dispose();
    }

    private static int[] Open { get; } = [(int)JobState.Queued, (int)JobState.Running];

    private Task<int> RenewAsync()
    {
        _holds = true;
        return _database.ChangeAsync(
            """
            INSERT INTO rewardreasoning.job_holders (id, until) VALUES ($1, clock_timestamp() + $2)
            ON CONFLICT (id) DO UPDATE SET until = excluded.until
            """,
            new() { Value = _holder },
            new() { Value = Lease }
        );
    }

    private async Task RenewInBackgroundAsync()
    {
        if (!_holds || Interlocked.Exchange(ref _renewing, 1) != 0)
        {
            return;
        }

        try
        {
            await RenewAsync().ConfigureAwait(false);
        }
        catch (Exception failure) when (failure is RewardReasoningException or ObjectDisposedException)
        {
            // The lease runs out then, and others judge the rows; whose result comes first stays.
        }
        finally
        {
            Volatile.Write(ref _renewing, 0);
        }
    }

    private async Task<IReadOnlyList<bool>> CommitAsync(IReadOnlyList<(string Id, long Number, byte[] Result, bool IsMissing)> results)
    {
        await _database
            .ChangeAsync(
                """
                WITH given AS (
                  SELECT DISTINCT ON (id, number) * FROM unnest($1::text[], $2::bigint[], $3::bytea[], $4::boolean[])
                    AS given (id, number, result, missing) ORDER BY id, number),
                finished AS (
                  UPDATE rewardreasoning.job_rows AS rows SET result = given.result FROM given JOIN rewardreasoning.jobs USING (id)
                  WHERE rows.job = jobs.number AND rows.number = given.number AND rows.result IS NULL RETURNING rows.job, given.missing),
                counted AS (SELECT job, count(*) AS judged, count(*) FILTER (WHERE missing) AS missing FROM finished GROUP BY job)
                UPDATE rewardreasoning.jobs SET judged = jobs.judged + counted.judged, missing = jobs.missing + counted.missing
                FROM counted WHERE jobs.number = counted.job
                """,
                new() { Value = results.Select(one => one.Id).ToArray() },
                new() { Value = results.Select(one => one.Number).ToArray() },
                new() { Value = results.Select(one => one.Result).ToArray() },
                new() { Value = results.Select(one => one.IsMissing).ToArray() }
            )
            .ConfigureAwait(false);
        return [.. results.Select(_ => true)];
    }
}
