namespace RewardReasoning.Storage.Judgments;

/// <summary>Judgments in a store's file, in a table of their own.</summary>
internal sealed class SqliteJudgmentLog : IJudgmentLog
{
    private const string Tables = """
        CREATE TABLE IF NOT EXISTS judgments (
          id INTEGER PRIMARY KEY AUTOINCREMENT,
          hash BLOB NOT NULL UNIQUE,
          at INTEGER NOT NULL, -- milliseconds since 1970
          preferred INTEGER NOT NULL,
          uncertainty REAL NOT NULL,
          label INTEGER,
          query TEXT NOT NULL,
          response_1 TEXT NOT NULL,
          response_2 TEXT NOT NULL,
          judgment BLOB NOT NULL
        ) STRICT;
        CREATE INDEX IF NOT EXISTS judgments_by_uncertainty ON judgments (uncertainty);
        """;

    private const string Select = "SELECT id, at, query, response_1, response_2, preferred, uncertainty, judgment, label FROM judgments";
    private const int PruneEvery = 1_000;

    private readonly SqliteTables _tables;
    private readonly int _most;
    private int _added;

    /// <param name="tables">Where it keeps them; the caller disposes them.</param>
    /// <param name="most">How many judgments without a label are kept.</param>
    /// <exception cref="CompletionStoreException">The file cannot be written.</exception>
    public SqliteJudgmentLog(SqliteTables tables, int most)
    {
        (_tables, _most) = (tables, most);
        tables.Ensure(Tables);
    }

    public bool IsDurable => _tables.IsDurable;

    public Task AddAsync(byte[] hash, RecordedJudgment judgment)
    {
        byte[] json = judgment.Judgment.Value; // before the commit, which others wait for
        return _tables.WriteAsync(session =>
        {
            int added = session.Execute(
                """
                INSERT INTO judgments (hash, at, preferred, uncertainty, query, response_1, response_2, judgment)
                VALUES ($hash, $at, $preferred, $uncertainty, $query, $first, $second, $judgment)
                ON CONFLICT (hash) DO UPDATE SET at = $at, preferred = $preferred, uncertainty = $uncertainty, judgment = $judgment
                """,
                ("$hash", hash),
                ("$at", judgment.At.ToUnixTimeMilliseconds()),
                ("$preferred", LabelCount.NumberOf(judgment.Preferred)),
                ("$uncertainty", judgment.Uncertainty),
                ("$query", judgment.Query),
                ("$first", judgment.Response1),
                ("$second", judgment.Response2),
                ("$judgment", json)
            );
            if (++_added % PruneEvery == 0)
            {
                session.Execute(
                    """
                    DELETE FROM judgments WHERE label IS NULL AND id <= (
                      SELECT id FROM judgments WHERE label IS NULL ORDER BY id DESC LIMIT 1 OFFSET $most)
                    """,
                    ("$most", _most)
                );
            }

            return added;
        });
    }

    public Task<IReadOnlyList<RecordedJudgment>> ListAsync(JudgmentFilter filter) =>
        Read(session =>
            session.Query(
                $"""
                {Select} WHERE ($text IS NULL OR query LIKE $text ESCAPE '\' OR response_1 LIKE $text ESCAPE '\'
                  OR response_2 LIKE $text ESCAPE '\')
                AND ($preferred IS NULL OR preferred = $preferred)
                AND ($labelled IS NULL OR (label IS NOT NULL) = $labelled)
                ORDER BY {(filter.UnsureFirst ? "uncertainty DESC, id DESC" : "id DESC")} LIMIT $most OFFSET $skip
                """,
                RecordedJudgment.Of,
                ("$text", filter.Pattern),
                ("$preferred", filter.Preferred),
                ("$labelled", filter.Labelled is { } labelled ? (labelled ? 1 : 0) : null),
                ("$most", filter.Most),
                ("$skip", filter.Skip)
            )
        );

    public Task<RecordedJudgment?> FindAsync(long id) =>
        Task.FromResult(
            _tables.Read(session => session.Query($"{Select} WHERE id = $id", RecordedJudgment.Of, ("$id", id)).SingleOrDefault())
        );

    public async Task<bool> LabelAsync(long id, int? label) =>
        await _tables
            .WriteAsync(session => session.Execute("UPDATE judgments SET label = $label WHERE id = $id", ("$label", label), ("$id", id)))
            .ConfigureAwait(false) == 1;

    public Task<IReadOnlyList<LabelCount>> CountLabelsAsync() =>
        Read(session =>
            session.Query(
                "SELECT label, preferred, count(*) FROM judgments WHERE label IS NOT NULL GROUP BY label, preferred",
                LabelCount.Of
            )
        );

    private Task<IReadOnlyList<T>> Read<T>(Func<SqliteSession, IReadOnlyList<T>> read) => Task.FromResult(_tables.Read(read));
}
