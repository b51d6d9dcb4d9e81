namespace RewardReasoning.Storage.Jobs;

/// <summary>Jobs in an SQLite file that one server has, or in memory; which rows are held is known to this process alone.</summary>
internal sealed class SqliteJobStore : IJobStore
{
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

    private const string SelectJobs = "SELECT id, state, reasoning, created, ended, rows, judged, missing, problem FROM jobs";

    private readonly SqliteTables _tables;
    private readonly Dictionary<string, long> _takenTo = new(StringComparer.Ordinal);

    /// <param name="tables">Where it keeps them; the caller disposes them.</param>
    /// <exception cref="CompletionStoreException">The file cannot be written.</exception>
    public SqliteJobStore(SqliteTables tables)
    {
        _tables = tables;
        tables.Ensure(Tables);
    }

    public bool IsDurable => _tables.IsDurable;

    public TimeSpan? LookEvery => null;

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

    public Task QueueAsync(string id, long rows) =>
        _tables.WriteAsync(session =>
            session.Execute(
                "UPDATE jobs SET state = $state, rows = $rows WHERE id = $id",
                ("$state", (int)JobState.Queued),
                ("$rows", rows),
                ("$id", id)
            )
        );

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

    public async Task<bool> CompleteAsync(string id, DateTimeOffset ended) =>
        await _tables
            .WriteAsync(session =>
                session.Execute(
                    "UPDATE jobs SET state = $done, ended = $ended WHERE id = $id AND state = $running AND judged = rows",
                    ("$done", (int)JobState.Done),
                    ("$ended", ended.ToUnixTimeMilliseconds()),
                    ("$id", id),
                    ("$running", (int)JobState.Running)
                )
            )
            .ConfigureAwait(false) == 1;

    public Task<StoredJob?> FindAsync(string id) =>
        Task.FromResult(
            _tables.Read(session => session.Query($"{SelectJobs} WHERE id = $id", StoredJob.Of, ("$id", id)).SingleOrDefault())
        );

    public Task<IReadOnlyList<StoredJob>> ListAsync(int most) =>
        Task.FromResult<IReadOnlyList<StoredJob>>(
            _tables.Read(session =>
                session.Query(
                    $"{SelectJobs} WHERE state <> $receiving ORDER BY number DESC LIMIT $most",
                    StoredJob.Of,
                    ("$receiving", (int)JobState.Receiving),
                    ("$most", most)
                )
            )
        );

    public Task<int> CountOpenAsync() =>
        Task.FromResult(
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
                    .Single()
        );

    public Task<StoredJob?> NextAsync() =>
        Task.FromResult(
            _tables
                .Read(session =>
                    session.Query(
                        $"{SelectJobs} WHERE state IN ($queued, $running) ORDER BY number LIMIT 1",
                        StoredJob.Of,
                        ("$queued", (int)JobState.Queued),
                        ("$running", (int)JobState.Running)
                    )
                )
                .SingleOrDefault()
        );

    public Task<IReadOnlyList<StoredJobRow>> TakeRowsAsync(string id, int most)
    {
        lock (_takenTo)
        {
            List<StoredJobRow> rows = _tables.Read(session =>
                session.Query(
                    """
                    SELECT job_rows.number, place, line, text, fault FROM job_rows JOIN jobs ON jobs.number = job
                    WHERE id = $id AND state = $running AND job_rows.number > $after AND result IS NULL ORDER BY job_rows.number LIMIT $most
                    """,
                    StoredJobRow.Of,
                    ("$id", id),
                    ("$running", (int)JobState.Running),
                    ("$after", _takenTo.GetValueOrDefault(id)),
                    ("$most", most)
                )
            );
            if (rows.Count > 0)
            {
                _takenTo[id] = rows[^1].Number;
            }

            return Task.FromResult<IReadOnlyList<StoredJobRow>>(rows);
        }
    }

    public Task LetGoAsync(string id)
    {
        lock (_takenTo)
        {
            _takenTo.Remove(id);
        }

        return Task.CompletedTask;
    }

    public IAsyncEnumerable<byte[]> ResultsAsync(string id) =>
        JobResults.InPagesAsync(
            (after, most) =>
                Task.FromResult(
                    _tables.Read(session =>
                        session.Query(
                            """
                            SELECT job_rows.number, result FROM job_rows JOIN jobs ON jobs.number = job
                            WHERE id = $id AND job_rows.number > $after AND result IS NOT NULL ORDER BY job_rows.number LIMIT $most
                            """,
                            JobResults.Of,
                            ("$id", id),
                            ("$after", after),
                            ("$most", most)
                        )
                    )
                )
        );

    public Task RemoveAsync(string id) =>
        _tables.WriteAsync(session =>
        {
            session.Execute("DELETE FROM job_rows WHERE job = (SELECT number FROM jobs WHERE id = $id)", ("$id", id));
            return session.Execute("DELETE FROM jobs WHERE id = $id", ("$id", id));
        });

    public Task PruneAsync(DateTimeOffset before) =>
        _tables.WriteAsync(session =>
        {
            const string Old = "state = $receiving OR ended < $before"; // nobody else receives any
            (string, object?)[] parameters = [("$receiving", (int)JobState.Receiving), ("$before", before.ToUnixTimeMilliseconds())];
            session.Execute($"DELETE FROM job_rows WHERE job IN (SELECT number FROM jobs WHERE {Old})", parameters);
            return session.Execute($"DELETE FROM jobs WHERE {Old}", parameters);
        });
}
