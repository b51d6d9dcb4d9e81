using Microsoft.Data.Sqlite;

namespace RewardReasoning.Storage.Rewards;

/// <summary>
/// A ledger in the file of an SQLite store of completions, in tables of its own. What comes during a commit shares the next one, and a
/// commit is flushed to the disk.
/// </summary>
internal sealed class SqliteRewardLedger : IRewardLedger
{
    private const int WritesPerCommit = 1_024;

    private const string Tables = """
        CREATE TABLE IF NOT EXISTS reward_cohorts (
          id INTEGER PRIMARY KEY,
          name TEXT NOT NULL,
          attempt INTEGER NOT NULL,
          size INTEGER NOT NULL,
          implicit TEXT,
          query TEXT NOT NULL,
          settings TEXT NOT NULL,
          created INTEGER NOT NULL, -- milliseconds since 1970
          closed INTEGER,
          UNIQUE (name, attempt)
        ) STRICT;
        CREATE TABLE IF NOT EXISTS reward_members (
          cohort INTEGER NOT NULL REFERENCES reward_cohorts (id),
          number INTEGER NOT NULL,
          id TEXT NOT NULL UNIQUE,
          hash BLOB NOT NULL,
          response TEXT NOT NULL,
          arrived INTEGER NOT NULL,
          answer TEXT,
          delivered INTEGER NOT NULL DEFAULT 0,
          PRIMARY KEY (cohort, number)
        ) STRICT;
        CREATE TABLE IF NOT EXISTS reward_references (
          query BLOB NOT NULL,
          reference TEXT NOT NULL,
          PRIMARY KEY (query, reference)
        ) STRICT;
        CREATE INDEX IF NOT EXISTS reward_cohorts_by_closing ON reward_cohorts (closed);
        """;

    private const string SelectCohorts = "SELECT name, attempt, size, implicit, query, settings, created, closed, id FROM reward_cohorts";

    private readonly string _path;
    private readonly SqliteConnection _writing;
    private readonly SqliteConnection _reading;
    private readonly Lock _readLock = new();
    private readonly GroupCommit<Func<SqliteConnection, int>, int> _commits;

    private SqliteRewardLedger(string path, SqliteConnection writing, SqliteConnection reading)
    {
        (_path, _writing, _reading) = (path, writing, reading);
        _commits = new(WritesPerCommit, writes => Task.FromResult<IReadOnlyList<int>>(Commit(writes)));
    }

    public bool IsDurable => true;

    /// <summary>Opens the ledger of a store's file, which is made where there is none.</summary>
    /// <exception cref="CompletionStoreException">The file is no store or cannot be used.</exception>
    public static SqliteRewardLedger Open(string path)
    {
        SqliteCompletionStore.Open(path).Dispose(); // makes the file, or says why it cannot be used
        List<SqliteConnection> opened = [];
        try
        {
            opened.Add(Connect(path));
            opened.Add(Connect(path));
            SqliteSchema.Execute(opened[0], Tables);
            return new(path, opened[0], opened[1]);
        }
        catch (SqliteException error)
        {
            opened.ForEach(connection => connection.Dispose());
            throw SqliteErrors.Of(error, path);
        }
    }

    public IReadOnlyList<StoredCohort> FindGroup(string group) =>
        Read($"{SelectCohorts} WHERE name = $group ORDER BY attempt", ("$group", group));

    public StoredCohort? FindMember(string id) =>
        Read($"{SelectCohorts} WHERE id = (SELECT cohort FROM reward_members WHERE id = $id)", ("$id", id)).SingleOrDefault();

    public IReadOnlyList<StoredCohort> FindUnfinished(DateTimeOffset closedAfter) =>
        Read(
            $"{SelectCohorts} WHERE closed IS NULL OR (implicit IS NOT NULL AND closed > $after) ORDER BY id",
            ("$after", closedAfter.ToUnixTimeMilliseconds())
        );

    public Task AddAsync(StoredCohort cohort, StoredMember member) =>
        _commits.AddAsync(connection =>
        {
            Execute(
                connection,
                """
                INSERT INTO reward_cohorts (name, attempt, size, implicit, query, settings, created)
                VALUES ($name, $attempt, $size, $implicit, $query, $settings, $created) ON CONFLICT (name, attempt) DO NOTHING
                """,
                ("$name", cohort.Group),
                ("$attempt", cohort.Attempt),
                ("$size", cohort.Size),
                ("$implicit", cohort.ImplicitKey),
                ("$query", cohort.Query),
                ("$settings", cohort.Settings),
                ("$created", cohort.Created.ToUnixTimeMilliseconds())
            );
            return Execute(
                connection,
                """
                INSERT INTO reward_members (cohort, number, id, hash, response, arrived)
                VALUES ((SELECT id FROM reward_cohorts WHERE name = $name AND attempt = $attempt), $number, $id, $hash, $response, $arrived)
                """,
                ("$name", cohort.Group),
                ("$attempt", cohort.Attempt),
                ("$number", member.Index),
                ("$id", member.Id),
                ("$hash", member.Hash),
                ("$response", member.Response),
                ("$arrived", member.Arrived.ToUnixTimeMilliseconds())
            );
        });

    public Task CloseAsync(string group, int attempt, DateTimeOffset closed, IReadOnlyList<(int Index, string Answer)> answers) =>
        _commits.AddAsync(connection =>
        {
            foreach ((int index, string answer) in answers)
            {
                Execute(
                    connection,
                    """
                    UPDATE reward_members SET answer = $answer
                    WHERE cohort = (SELECT id FROM reward_cohorts WHERE name = $name AND attempt = $attempt) AND number = $number
                    """,
                    ("$name", group),
                    ("$attempt", attempt),
                    ("$number", index),
                    ("$answer", answer)
                );
            }

            return Execute(
                connection,
                "UPDATE reward_cohorts SET closed = $closed WHERE name = $name AND attempt = $attempt",
                ("$name", group),
                ("$attempt", attempt),
                ("$closed", closed.ToUnixTimeMilliseconds())
            );
        });

    public Task DeliverAsync(IReadOnlyList<string> ids) =>
        _commits.AddAsync(connection =>
            ids.Sum(id => Execute(connection, "UPDATE reward_members SET delivered = 1 WHERE id = $id", ("$id", id)))
        );

    public Task AddReferencesAsync(byte[] query, IReadOnlyList<string> references) =>
        _commits.AddAsync(connection =>
            references.Sum(reference =>
                Execute(
                    connection,
                    "INSERT INTO reward_references (query, reference) VALUES ($query, $reference) ON CONFLICT DO NOTHING",
                    ("$query", query),
                    ("$reference", reference)
                )
            )
        );

    public IReadOnlyList<string> FindReferences(byte[] query) =>
        Reading(() =>
        {
            using SqliteCommand command = Command(
                _reading,
                "SELECT reference FROM reward_references WHERE query = $query ORDER BY reference",
                ("$query", query)
            );
            using SqliteDataReader rows = command.ExecuteReader();
            List<string> references = [];
            while (rows.Read())
            {
                references.Add(rows.GetString(0));
            }

            return references;
        });

    public Task<int> PruneAsync(DateTimeOffset before) =>
        _commits.AddAsync(connection =>
        {
            (string, object?) closed = ("$before", before.ToUnixTimeMilliseconds());
            Execute(
                connection,
                "DELETE FROM reward_members WHERE cohort IN (SELECT id FROM reward_cohorts WHERE closed < $before)",
                closed
            );
            return Execute(connection, "DELETE FROM reward_cohorts WHERE closed < $before", closed);
        });

    public void Dispose()
    {
        _commits.Dispose();
        _writing.Dispose();
        _reading.Dispose();
    }

    private int[] Commit(IReadOnlyList<Func<SqliteConnection, int>> writes)
    {
        try
        {
            using SqliteTransaction transaction = _writing.BeginTransaction();
            int[] changed = [.. writes.Select(write => write(_writing))];
            transaction.Commit();
            return changed;
        }
        catch (SqliteException error)
        {
            throw SqliteErrors.Of(error, _path);
        }
    }

    private IReadOnlyList<StoredCohort> Read(string sql, params (string, object?)[] parameters) =>
        Reading(() =>
        {
            List<(long Id, StoredCohort Cohort)> found = [];
            using (SqliteCommand command = Command(_reading, sql, parameters))
            using (SqliteDataReader rows = command.ExecuteReader())
            {
                while (rows.Read())
                {
                    found.Add(
                        (
                            rows.GetInt64(8),
                            new StoredCohort
                            {
                                Group = rows.GetString(0),
                                Attempt = rows.GetInt32(1),
                                Size = rows.GetInt32(2),
                                ImplicitKey = rows.IsDBNull(3) ? null : rows.GetString(3),
                                Query = rows.GetString(4),
                                Settings = rows.GetString(5),
                                Created = DateTimeOffset.FromUnixTimeMilliseconds(rows.GetInt64(6)),
                                Closed = rows.IsDBNull(7) ? null : DateTimeOffset.FromUnixTimeMilliseconds(rows.GetInt64(7)),
                            }
                        )
                    );
                }
            }

            return (IReadOnlyList<StoredCohort>)[.. found.Select(one => one.Cohort with { Members = Members(one.Id) })];
        });

    private List<StoredMember> Members(long cohort)
    {
        using SqliteCommand command = Command(
            _reading,
            "SELECT number, id, hash, response, arrived, answer, delivered FROM reward_members WHERE cohort = $cohort ORDER BY number",
            ("$cohort", cohort)
        );
        using SqliteDataReader rows = command.ExecuteReader();
        List<StoredMember> members = [];
        while (rows.Read())
        {
            members.Add(
                new(
                    rows.GetInt32(0),
                    rows.GetString(1),
                    rows.GetFieldValue<byte[]>(2),
                    rows.GetString(3),
                    DateTimeOffset.FromUnixTimeMilliseconds(rows.GetInt64(4)),
                    rows.IsDBNull(5) ? null : rows.GetString(5),
                    rows.GetInt64(6) != 0
                )
            );
        }

        return members;
    }

    private T Reading<T>(Func<T> read)
    {
        lock (_readLock)
        {
            try
            {
                // One snapshot: a cohort and its members as of one moment.
                using SqliteTransaction transaction = _reading.BeginTransaction(deferred: true);
                return read();
            }
            catch (SqliteException error)
            {
                throw SqliteErrors.Of(error, _path);
            }
        }
    }

    private static int Execute(SqliteConnection connection, string sql, params (string, object?)[] parameters)
    {
        using SqliteCommand command = Command(connection, sql, parameters);
        return command.ExecuteNonQuery();
    }

    private static SqliteCommand Command(SqliteConnection connection, string sql, params (string Name, object? Value)[] parameters)
    {
        SqliteCommand command = connection.CreateCommand();
        command.CommandText = sql;
        foreach ((string name, object? value) in parameters)
        {
            command.Parameters.AddWithValue(name, value ?? DBNull.Value);
        }

        return command;
    }

    private static SqliteConnection Connect(string path)
    {
        SqliteConnection connection = new(
            new SqliteConnectionStringBuilder
            {
                DataSource = path,
                Mode = SqliteOpenMode.ReadWrite,
                Pooling = false,
                DefaultTimeout = (int)new SqliteStoreOptions().LockTimeout.TotalSeconds,
            }.ToString()
        );
        connection.Open();
        SqliteSchema.Execute(connection, "PRAGMA synchronous = FULL");
        return connection;
    }
}
