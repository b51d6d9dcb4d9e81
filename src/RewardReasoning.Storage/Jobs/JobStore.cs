using Microsoft.Data.Sqlite;

namespace RewardReasoning.Storage.Jobs;

/// <summary>
/// Jobs, their rows and their results, in a store's file or in memory. A result is kept before it is counted, so that after a restart
/// exactly the rows without one are judged. Safe to use from many threads.
/// </summary>
internal sealed class JobStore
{
    private const int RowsPerRead = 256;

    private const string Tables = """
        CREATE TABLE IF NOT EXISTS jobs (
          number INTEGER PRIMARY KEY,
          id TEXT NOT NULL UNIQUE,
          state INTEGER NOT NULL,
          reasoning INTEGER NOT NULL,
          created INTEGER NOT NULL, -- milliseconds since 1970
          ended INTEGER,
          rows INTEGER NOT NULL DEFAULT 0,
          judged INTEGER NOT NULL DEFAULT 0,
          missing INTEGER NOT NULL DEFAULT 0,
          problem TEXT
        ) STRICT;
        CREATE TABLE IF NOT EXISTS job_rows (
          job INTEGER NOT NULL REFERENCES jobs (number),
          number INTEGER NOT NULL,
          place INTEGER NOT NULL,
          line INTEGER NOT NULL,
          text BLOB,
          fault TEXT,
          result BLOB,
          PRIMARY KEY (job, number)
        ) STRICT;
        """;

    private const string SelectJobs = "SELECT id, state, reasoning, created, ended, rows, judged, missing, problem, number FROM jobs";

    private readonly SqliteTables _tables;

    /// <param name="tables">Where it keeps them; the caller disposes them.</param>
    /// <exception cref="CompletionStoreException">The file cannot be written.</exception>
    public JobStore(SqliteTables tables)
    {
        _tables = tables;
        tables.Ensure(Tables);
    }

    /// <summary>Whether jobs survive the process.</summary>
    public bool IsDurable => _tables.IsDurable;

    /// <summary>Makes a job whose rows are going to come.</summary>
    public Task AddAsync(string id, bool withReasoning, DateTimeOffset created) =>
        _tables.WriteAsync(session =>
            session.Execute(
                "INSERT INTO jobs (id, state, reasoning, created) VALUES ($id, $state, $reasoning, $created)",
                ("$id", id),
                ("$state", (int)JobState.Receiving),
                ("$reasoning", withReasoning ? 1 : 0),
                ("$created", created.ToUnixTimeMilliseconds())
            )
        );

    /// <summary>Keeps rows of a job that is receiving.</summary>
    public Task AddRowsAsync(string id, IReadOnlyList<StoredJobRow> rows) =>
        _tables.WriteAsync(session =>
            rows.Sum(row =>
                session.Execute(
                    """
                    INSERT INTO job_rows (job, number, place, line, text, fault)
                    VALUES ((SELECT number FROM jobs WHERE id = $id), $number, $place, $line, $text, $fault)
                    """,
                    ("$id", id),
                    ("$number", row.Number),
                    ("$place", row.Place),
                    ("$line", row.IsLine ? 1 : 0),
                    ("$text", row.Text),
                    ("$fault", row.Fault)
                )
            )
        );

    /// <summary>All rows have come: the job may begin.</summary>
    public Task QueueAsync(string id, long rows) =>
        _tables.WriteAsync(session =>
            session.Execute(
                "UPDATE jobs SET state = $state, rows = $rows WHERE id = $id",
                ("$state", (int)JobState.Queued),
                ("$rows", rows),
                ("$id", id)
            )
        );

    /// <summary>Moves a job on, if it is in one of some states.</summary>
    /// <returns>Whether it was.</returns>
    public async Task<bool> MoveAsync(
        string id,
        IReadOnlyCollection<JobState> from,
        JobState to,
        DateTimeOffset? ended = null,
        string? problem = null
    ) =>
        await _tables
            .WriteAsync(session =>
                session.Execute(
                    $"""
                    UPDATE jobs SET state = $to, ended = $ended, problem = $problem
                    WHERE id = $id AND state IN ({string.Join(',', from.Select(state => (int)state))})
                    """,
                    ("$to", (int)to),
                    ("$ended", ended?.ToUnixTimeMilliseconds()),
                    ("$problem", problem),
                    ("$id", id)
                )
            )
            .ConfigureAwait(false) == 1;

    /// <summary>Keeps the result of a row, and counts it.</summary>
    public Task FinishRowAsync(string id, long number, byte[] result, bool isMissing) =>
        _tables.WriteAsync(session =>
        {
            int changed = session.Execute(
                """
                UPDATE job_rows SET result = $result
                WHERE job = (SELECT number FROM jobs WHERE id = $id) AND number = $number AND result IS NULL
                """,
                ("$result", result),
                ("$id", id),
                ("$number", number)
            );
            return changed == 0
                ? 0
                : session.Execute(
                    "UPDATE jobs SET judged = judged + 1, missing = missing + $missing WHERE id = $id",
                    ("$missing", isMissing ? 1 : 0),
                    ("$id", id)
                );
        });

    /// <summary>A job; null if there is none.</summary>
    public StoredJob? Find(string id) =>
        _tables.Read(session => session.Query($"{SelectJobs} WHERE id = $id", JobOf, ("$id", id)).SingleOrDefault());

    /// <summary>Jobs whose rows have all come, the newest first.</summary>
    public IReadOnlyList<StoredJob> List(int most) =>
        _tables.Read(session =>
            session.Query(
                $"{SelectJobs} WHERE state <> $receiving ORDER BY number DESC LIMIT $most",
                JobOf,
                ("$receiving", (int)JobState.Receiving),
                ("$most", most)
            )
        );

    /// <summary>How many jobs wait or run.</summary>
    public int CountOpen() =>
        (int)
            _tables
                .Read(session =>
                    session.Query(
                        "SELECT count(*) FROM jobs WHERE state IN ($queued, $running)",
                        row => row.GetInt64(0),
                        ("$queued", (int)JobState.Queued),
                        ("$running", (int)JobState.Running)
                    )
                )
                .Single();

    /// <summary>The oldest job that waits, or that a process that is gone has begun; null if there is none.</summary>
    public StoredJob? Next() =>
        _tables
            .Read(session =>
                session.Query(
                    $"{SelectJobs} WHERE state IN ($queued, $running) ORDER BY number LIMIT 1",
                    JobOf,
                    ("$queued", (int)JobState.Queued),
                    ("$running", (int)JobState.Running)
                )
            )
            .SingleOrDefault();

    /// <summary>Rows of a job that have no result, in their order, read some at a time.</summary>
    public IEnumerable<StoredJobRow> RowsToJudge(string id)
    {
        long after = 0;
        while (true)
        {
            List<StoredJobRow> rows = _tables.Read(session =>
                session.Query(
                    """
                    SELECT job_rows.number, place, line, text, fault FROM job_rows JOIN jobs ON jobs.number = job
                    WHERE id = $id AND job_rows.number > $after AND result IS NULL ORDER BY job_rows.number LIMIT $most
                    """,
                    row => new StoredJobRow(
                        row.GetInt64(0),
                        row.GetInt64(1),
                        row.GetInt64(2) != 0,
                        row.IsDBNull(3) ? null : row.GetFieldValue<byte[]>(3),
                        row.IsDBNull(4) ? null : row.GetString(4)
                    ),
                    ("$id", id),
                    ("$after", after),
                    ("$most", RowsPerRead)
                )
            );
            foreach (StoredJobRow row in rows)
            {
                yield return row;
            }

            if (rows.Count < RowsPerRead)
            {
                yield break;
            }

            after = rows[^1].Number;
        }
    }

    /// <summary>Results of a job, in the order of its rows, read some at a time.</summary>
    public IEnumerable<byte[]> Results(string id)
    {
        long after = 0;
        while (true)
        {
            List<(long Number, byte[] Result)> results = _tables.Read(session =>
                session.Query(
                    """
                    SELECT job_rows.number, result FROM job_rows JOIN jobs ON jobs.number = job
                    WHERE id = $id AND job_rows.number > $after AND result IS NOT NULL ORDER BY job_rows.number LIMIT $most
                    """,
                    row => (row.GetInt64(0), row.GetFieldValue<byte[]>(1)),
                    ("$id", id),
                    ("$after", after),
                    ("$most", RowsPerRead)
                )
            );
            foreach ((long _, byte[] result) in results)
            {
                yield return result;
            }

            if (results.Count < RowsPerRead)
            {
                yield break;
            }

            after = results[^1].Number;
        }
    }

    /// <summary>Removes a job with all its rows.</summary>
    public Task RemoveAsync(string id) =>
        _tables.WriteAsync(session =>
        {
            session.Execute("DELETE FROM job_rows WHERE job = (SELECT number FROM jobs WHERE id = $id)", ("$id", id));
            return session.Execute("DELETE FROM jobs WHERE id = $id", ("$id", id));
        });

    /// <summary>Removes jobs that ended before a moment, and those whose rows never came to an end.</summary>
    public Task PruneAsync(DateTimeOffset before) =>
        _tables.WriteAsync(session =>
        {
            const string Old = "state = $receiving OR ended < $before";
            (string, object?)[] parameters = [("$receiving", (int)JobState.Receiving), ("$before", before.ToUnixTimeMilliseconds())];
            session.Execute($"DELETE FROM job_rows WHERE job IN (SELECT number FROM jobs WHERE {Old})", parameters);
            return session.Execute($"DELETE FROM jobs WHERE {Old}", parameters);
        });

    private static StoredJob JobOf(SqliteDataReader row) =>
        new()
        {
            Id = row.GetString(0),
            State = (JobState)row.GetInt32(1),
            WithReasoning = row.GetInt64(2) != 0,
            Created = DateTimeOffset.FromUnixTimeMilliseconds(row.GetInt64(3)),
            Ended = row.IsDBNull(4) ? null : DateTimeOffset.FromUnixTimeMilliseconds(row.GetInt64(4)),
            Rows = row.GetInt64(5),
            Judged = row.GetInt64(6),
            Missing = row.GetInt64(7),
            Problem = row.IsDBNull(8) ? null : row.GetString(8),
        };
}
