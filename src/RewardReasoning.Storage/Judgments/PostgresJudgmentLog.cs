using Npgsql;
using NpgsqlTypes;

namespace RewardReasoning.Storage.Judgments;

/// <summary>
/// Judgments in a PostgreSQL database that several servers share. A character 0 in a text, which PostgreSQL does not have, is U+FFFD there.
/// </summary>
internal sealed class PostgresJudgmentLog : IJudgmentLog, IDisposable
{
    private const int WritesPerCommit = 256;
    private const int PruneEvery = 1_000;

    private const string Select =
        "SELECT id, at, query, response_1, response_2, preferred, uncertainty, judgment, label FROM rewardreasoning.judgments";

    private const string AddSql = """
        INSERT INTO rewardreasoning.judgments (hash, at, preferred, uncertainty, query, response_1, response_2, judgment)
        SELECT DISTINCT ON (row.hash) row.hash, at, preferred, uncertainty, query, first, second, judgment
        FROM unnest($1::bytea[], $2::bigint[], $3::int[], $4::double precision[], $5::text[], $6::text[], $7::text[], $8::bytea[])
          WITH ORDINALITY AS row (hash, at, preferred, uncertainty, query, first, second, judgment, place)
        ORDER BY row.hash, place DESC
        ON CONFLICT (hash) DO UPDATE SET at = excluded.at, preferred = excluded.preferred, uncertainty = excluded.uncertainty,
          judgment = excluded.judgment
        """;

    private const string PruneSql = """
        DELETE FROM rewardreasoning.judgments WHERE label IS NULL AND id <= (
          SELECT id FROM rewardreasoning.judgments WHERE label IS NULL ORDER BY id DESC LIMIT 1 OFFSET $1)
        """;

    private readonly PostgresDatabase _database;
    private readonly int _most;
    private readonly GroupCommit<(byte[] Hash, RecordedJudgment Judgment, byte[] Json), bool> _commits;
    private int _added;

    /// <param name="database">Has the tables of a server's state; the caller disposes it.</param>
    /// <param name="most">How many judgments without a label are kept.</param>
    public PostgresJudgmentLog(PostgresDatabase database, int most)
    {
        (_database, _most) = (database, most);
        _commits = new(WritesPerCommit, CommitAsync);
    }

    public bool IsDurable => true;

    public Task AddAsync(byte[] hash, RecordedJudgment judgment) => _commits.AddAsync((hash, judgment, judgment.Judgment.Value));

    public async Task<IReadOnlyList<RecordedJudgment>> ListAsync(JudgmentFilter filter) =>
        await _database
            .AskAsync(
                $"""
                {Select} WHERE ($1::text IS NULL OR query ILIKE $1 OR response_1 ILIKE $1 OR response_2 ILIKE $1)
                AND ($2::int IS NULL OR preferred = $2)
                AND ($3::boolean IS NULL OR (label IS NOT NULL) = $3)
                ORDER BY {(filter.UnsureFirst ? "uncertainty DESC, id DESC" : "id DESC")} LIMIT $4 OFFSET $5
                """,
                RecordedJudgment.Of,
                PostgresDatabase.Text(filter.Pattern is { } pattern ? PostgresDatabase.TextOf(pattern) : null),
                new() { Value = (object?)filter.Preferred ?? DBNull.Value, NpgsqlDbType = NpgsqlDbType.Integer },
                new() { Value = (object?)filter.Labelled ?? DBNull.Value, NpgsqlDbType = NpgsqlDbType.Boolean },
                new() { Value = (long)filter.Most },
                new() { Value = filter.Skip }
            )
            .ConfigureAwait(false);

    public async Task<RecordedJudgment?> FindAsync(long id) =>
        (
            await _database
                .AskAsync($"{Select} WHERE id = $1", RecordedJudgment.Of, new NpgsqlParameter { Value = id })
                .ConfigureAwait(false)
        ).SingleOrDefault();

    public async Task<bool> LabelAsync(long id, int? label) =>
        await _database
            .ChangeAsync(
                "UPDATE rewardreasoning.judgments SET label = $1 WHERE id = $2",
                new() { Value = (object?)label ?? DBNull.Value, NpgsqlDbType = NpgsqlDbType.Integer },
                new() { Value = id }
            )
            .ConfigureAwait(false) == 1;

    public async Task<IReadOnlyList<LabelCount>> CountLabelsAsync() =>
        await _database
            .AskAsync(
                "SELECT label, preferred, count(*) FROM rewardreasoning.judgments WHERE label IS NOT NULL GROUP BY label, preferred",
                LabelCount.Of
            )
            .ConfigureAwait(false);

    /// <inheritdoc/>
    public void Dispose() => _commits.Dispose();

    private async Task<IReadOnlyList<bool>> CommitAsync(IReadOnlyList<(byte[] Hash, RecordedJudgment Judgment, byte[] Json)> judgments)
    {
        await _database
            .ChangeAsync(
                AddSql,
                Column(one => one.Hash),
                Column(one => one.Judgment.At.ToUnixTimeMilliseconds()),
                Column(one => LabelCount.NumberOf(one.Judgment.Preferred)),
                Column(one => one.Judgment.Uncertainty),
                Column(one => PostgresDatabase.TextOf(one.Judgment.Query)),
                Column(one => PostgresDatabase.TextOf(one.Judgment.Response1)),
                Column(one => PostgresDatabase.TextOf(one.Judgment.Response2)),
                Column(one => one.Json)
            )
            .ConfigureAwait(false);
        int before = _added / PruneEvery;
        if ((_added += judgments.Count) / PruneEvery > before)
        {
            await _database.ChangeAsync(PruneSql, new NpgsqlParameter { Value = (long)_most }).ConfigureAwait(false);
        }

        return [.. judgments.Select(_ => true)];

        NpgsqlParameter Column<T>(Func<(byte[] Hash, RecordedJudgment Judgment, byte[] Json), T> value) =>
            new() { Value = judgments.Select(value).ToArray() };
    }
}
