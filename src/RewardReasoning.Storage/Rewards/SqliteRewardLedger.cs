using Microsoft.Data.Sqlite;

namespace RewardReasoning.Storage.Rewards;

/// <summary>
/// A ledger in the file of an SQLite store of completions, in tables of its own.
/// </summary>
internal sealed class SqliteRewardLedger : IRewardLedger
{
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

    private const string SelectMembers =
        "SELECT number, id, hash, response, arrived, answer, delivered FROM reward_members WHERE cohort = $cohort ORDER BY number";

    private readonly SqliteTables _tables;

    /// <param name="tables">Where it keeps them; the caller disposes them.</param>
    /// <exception cref="CompletionStoreException">The file cannot be written.</exception>
    public SqliteRewardLedger(SqliteTables tables)
    {
        _tables = tables;
        tables.Ensure(Tables);
    }

    public bool IsDurable => _tables.IsDurable;

    public Task<ClaimedShards> ClaimAsync(IReadOnlyCollection<int> shards, DateTimeOffset closedAfter) =>
        Task.FromResult(
            ClaimedShards.Only(
                shards,
                Read(
                    $"{SelectCohorts} WHERE closed IS NULL OR (implicit IS NOT NULL AND closed > $after) ORDER BY id",
                    ("$after", closedAfter.ToUnixTimeMilliseconds())
                )
            )
        );

    public Task<IReadOnlyList<StoredCohort>> FindGroupAsync(string group) =>
        Task.FromResult(Read($"{SelectCohorts} WHERE name = $group ORDER BY attempt", ("$group", group)));

    public Task<StoredCohort?> FindMemberAsync(string id) =>
        Task.FromResult(
            Read($"{SelectCohorts} WHERE id = (SELECT cohort FROM reward_members WHERE id = $id)", ("$id", id)).SingleOrDefault()
        );

    public Task AddAsync(StoredCohort cohort, StoredMember member) =>
        _tables.WriteAsync(session =>
        {
            session.Execute(
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
            return session.Execute(
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

    public Task CloseAsync(StoredCohort cohort, DateTimeOffset closed, IReadOnlyList<(int Index, string Answer)> answers) =>
        _tables.WriteAsync(session =>
        {
            foreach ((int index, string answer) in answers)
            {
                session.Execute(
                    """
                    UPDATE reward_members SET answer = $answer
                    WHERE cohort = (SELECT id FROM reward_cohorts WHERE name = $name AND attempt = $attempt) AND number = $number
                    """,
                    ("$name", cohort.Group),
                    ("$attempt", cohort.Attempt),
                    ("$number", index),
                    ("$answer", answer)
                );
            }

            return session.Execute(
                "UPDATE reward_cohorts SET closed = $closed WHERE name = $name AND attempt = $attempt",
                ("$name", cohort.Group),
                ("$attempt", cohort.Attempt),
                ("$closed", closed.ToUnixTimeMilliseconds())
            );
        });

    public Task DeliverAsync(IReadOnlyList<string> ids) =>
        _tables.WriteAsync(session =>
            ids.Sum(id => session.Execute("UPDATE reward_members SET delivered = 1 WHERE id = $id", ("$id", id)))
        );

    public Task AddReferencesAsync(byte[] query, IReadOnlyList<string> references) =>
        _tables.WriteAsync(session =>
            references.Sum(reference =>
                session.Execute(
                    "INSERT INTO reward_references (query, reference) VALUES ($query, $reference) ON CONFLICT DO NOTHING",
                    ("$query", query),
                    ("$reference", reference)
                )
            )
        );

    public Task<IReadOnlyList<string>> FindReferencesAsync(byte[] query) =>
        Task.FromResult<IReadOnlyList<string>>(
            _tables.Read(session =>
                session.Query(
                    "SELECT reference FROM reward_references WHERE query = $query ORDER BY reference",
                    row => row.GetString(0),
                    ("$query", query)
                )
            )
        );

    public Task<int> PruneAsync(DateTimeOffset before) =>
        _tables.WriteAsync(session =>
        {
            (string, object?) closed = ("$before", before.ToUnixTimeMilliseconds());
            session.Execute("DELETE FROM reward_members WHERE cohort IN (SELECT id FROM reward_cohorts WHERE closed < $before)", closed);
            return session.Execute("DELETE FROM reward_cohorts WHERE closed < $before", closed);
        });

    private IReadOnlyList<StoredCohort> Read(string sql, (string, object?) parameter) =>
        _tables.Read(session =>
            (IReadOnlyList<StoredCohort>)
                [
                    .. session
                        .Query(sql, row => (Id: row.GetInt64(8), Cohort: CohortOf(row)), parameter)
                        .Select(found => found.Cohort with { Members = session.Query(SelectMembers, MemberOf, ("$cohort", found.Id)) }),
                ]
        );

    private static StoredCohort CohortOf(SqliteDataReader row) =>
        new()
        {
            Group = row.GetString(0),
            Attempt = row.GetInt32(1),
            Size = row.GetInt32(2),
            ImplicitKey = row.IsDBNull(3) ? null : row.GetString(3),
            Query = row.GetString(4),
            Settings = row.GetString(5),
            Created = DateTimeOffset.FromUnixTimeMilliseconds(row.GetInt64(6)),
            Closed = row.IsDBNull(7) ? null : DateTimeOffset.FromUnixTimeMilliseconds(row.GetInt64(7)),
        };

    private static StoredMember MemberOf(SqliteDataReader row) =>
        new(
            row.GetInt32(0),
            row.GetString(1),
            row.GetFieldValue<byte[]>(2),
            row.GetString(3),
            DateTimeOffset.FromUnixTimeMilliseconds(row.GetInt64(4)),
            row.IsDBNull(5) ? null : row.GetString(5),
            row.GetInt64(6) != 0
        );
}
