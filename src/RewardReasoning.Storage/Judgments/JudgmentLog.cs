using Microsoft.Data.Sqlite;

namespace RewardReasoning.Storage.Judgments;

/// <summary>A judgment as it is recorded.</summary>
internal sealed record RecordedJudgment
{
    /// <summary>Counted up; 0 before it is recorded.</summary>
    public long Id { get; init; }

    /// <summary>When it was last given.</summary>
    public required DateTimeOffset At { get; init; }

    /// <summary>The query.</summary>
    public required string Query { get; init; }

    /// <summary>The first response, as the caller numbered them.</summary>
    public required string Response1 { get; init; }

    /// <summary>The second response.</summary>
    public required string Response2 { get; init; }

    /// <summary>Which one is preferred; null where the judgment is missing.</summary>
    public Verdict? Preferred { get; init; }

    /// <summary>How unsure the judge was, from 0 to 1; 1 where the judgment is missing.</summary>
    public required double Uncertainty { get; init; }

    /// <summary>All of it, as the JSON of a judgment.</summary>
    public required byte[] Judgment { get; init; }

    /// <summary>What a person said: 1, 2, or 0 for neither; null where nobody did.</summary>
    public int? Label { get; init; }
}

/// <summary>Which judgments to list.</summary>
internal sealed record JudgmentFilter
{
    /// <summary>A text that the query or a response holds, whatever its case; null for any.</summary>
    public string? Text { get; init; }

    /// <summary>1, 2, or 0 for missing judgments; null for any.</summary>
    public int? Preferred { get; init; }

    /// <summary>Whether a person labelled them; null for any.</summary>
    public bool? Labelled { get; init; }

    /// <summary>Whether the most unsure come first, and not the newest.</summary>
    public bool UnsureFirst { get; init; }

    /// <summary>How many to leave out from the beginning.</summary>
    public long Skip { get; init; }

    /// <summary>The most to list.</summary>
    public int Most { get; init; } = 50;
}

/// <summary>How often a person and the judge chose which response, for judgments that have both.</summary>
/// <param name="Label">1, 2, or 0 for neither.</param>
/// <param name="Preferred">1 or 2; 0 for a missing judgment.</param>
/// <param name="Count">How often.</param>
internal sealed record LabelCount(int Label, int Preferred, long Count);

/// <summary>
/// The judgments that a service gave, in a store's file or in memory, for people who want to see them: one for each comparison, the newest
/// taking the place of those before, and of those that nobody labelled only so many. Safe to use from many threads.
/// </summary>
internal sealed class JudgmentLog
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
    public JudgmentLog(SqliteTables tables, int most)
    {
        (_tables, _most) = (tables, most);
        tables.Ensure(Tables);
    }

    /// <summary>Records a judgment in the place of an earlier one of the same comparison, whose label stays.</summary>
    /// <param name="hash">What makes it the same comparison.</param>
    /// <param name="judgment">The judgment.</param>
    public Task AddAsync(byte[] hash, RecordedJudgment judgment) =>
        _tables.WriteAsync(session =>
        {
            int added = session.Execute(
                """
                INSERT INTO judgments (hash, at, preferred, uncertainty, query, response_1, response_2, judgment)
                VALUES ($hash, $at, $preferred, $uncertainty, $query, $first, $second, $judgment)
                ON CONFLICT (hash) DO UPDATE SET at = $at, preferred = $preferred, uncertainty = $uncertainty, judgment = $judgment
                """,
                ("$hash", hash),
                ("$at", judgment.At.ToUnixTimeMilliseconds()),
                ("$preferred", NumberOf(judgment.Preferred)),
                ("$uncertainty", judgment.Uncertainty),
                ("$query", judgment.Query),
                ("$first", judgment.Response1),
                ("$second", judgment.Response2),
                ("$judgment", judgment.Judgment)
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

    /// <summary>Judgments that a filter lets through.</summary>
    public IReadOnlyList<RecordedJudgment> List(JudgmentFilter filter) =>
        _tables.Read(session =>
            session.Query(
                $"""
                {Select} WHERE ($text IS NULL OR query LIKE $text ESCAPE '\' OR response_1 LIKE $text ESCAPE '\'
                  OR response_2 LIKE $text ESCAPE '\')
                AND ($preferred IS NULL OR preferred = $preferred)
                AND ($labelled IS NULL OR (label IS NOT NULL) = $labelled)
                ORDER BY {(filter.UnsureFirst ? "uncertainty DESC, id DESC" : "id DESC")} LIMIT $most OFFSET $skip
                """,
                JudgmentOf,
                ("$text", filter.Text is { } text ? $"%{Escaped(text)}%" : null),
                ("$preferred", filter.Preferred),
                ("$labelled", filter.Labelled is { } labelled ? (labelled ? 1 : 0) : null),
                ("$most", filter.Most),
                ("$skip", filter.Skip)
            )
        );

    /// <summary>One judgment; null where there is none.</summary>
    public RecordedJudgment? Find(long id) =>
        _tables.Read(session => session.Query($"{Select} WHERE id = $id", JudgmentOf, ("$id", id)).SingleOrDefault());

    /// <summary>Keeps what a person says of a judgment; null takes it back.</summary>
    /// <returns>Whether there is such a judgment.</returns>
    public async Task<bool> LabelAsync(long id, int? label) =>
        await _tables
            .WriteAsync(session => session.Execute("UPDATE judgments SET label = $label WHERE id = $id", ("$label", label), ("$id", id)))
            .ConfigureAwait(false) == 1;

    /// <summary>How persons and the judge agree.</summary>
    public IReadOnlyList<LabelCount> CountLabels() =>
        _tables.Read(session =>
            session.Query(
                "SELECT label, preferred, count(*) FROM judgments WHERE label IS NOT NULL GROUP BY label, preferred",
                row => new LabelCount(row.GetInt32(0), row.GetInt32(1), row.GetInt64(2))
            )
        );

    private static string Escaped(string text) =>
        text.Replace("\\", "\\\\", StringComparison.Ordinal)
            .Replace("%", "\\%", StringComparison.Ordinal)
            .Replace("_", "\\_", StringComparison.Ordinal);

    private static int NumberOf(Verdict? preferred) =>
        preferred switch
        {
            Verdict.First => 1,
            Verdict.Second => 2,
            _ => 0,
        };

    private static RecordedJudgment JudgmentOf(SqliteDataReader row) =>
        new()
        {
            Id = row.GetInt64(0),
            At = DateTimeOffset.FromUnixTimeMilliseconds(row.GetInt64(1)),
            Query = row.GetString(2),
            Response1 = row.GetString(3),
            Response2 = row.GetString(4),
            Preferred = row.GetInt32(5) switch
            {
                1 => Verdict.First,
                2 => Verdict.Second,
                _ => null,
            },
            Uncertainty = row.GetDouble(6),
            Judgment = row.GetFieldValue<byte[]>(7),
            Label = row.IsDBNull(8) ? null : row.GetInt32(8),
        };
}
