using System.Data.Common;

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

    /// <summary>All of it, as the JSON of a judgment; written when it is first asked for.</summary>
    public required Lazy<byte[]> Judgment { get; init; }

    /// <summary>About how many bytes it holds in memory.</summary>
    public long Size { get; init; }

    /// <summary>What a person said: 1, 2, or 0 for neither; null where nobody did.</summary>
    public int? Label { get; init; }

    /// <summary>From a row of id, at, query, both responses, preferred, uncertainty, judgment and label.</summary>
    public static RecordedJudgment Of(DbDataReader row) =>
        new()
        {
            Id = row.GetInt64(0),
            At = DateTimeOffset.FromUnixTimeMilliseconds(row.GetInt64(1)),
            Query = row.GetString(2),
            Response1 = row.GetString(3),
            Response2 = row.GetString(4),
            Preferred = LabelCount.VerdictOf(row.GetInt32(5)),
            Uncertainty = row.GetDouble(6),
            Judgment = new(row.GetFieldValue<byte[]>(7)),
            Label = row.IsDBNull(8) ? null : row.GetInt32(8),
        };
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

    /// <summary>The text as a pattern of SQL's LIKE, with a backslash before what has a meaning there; null for any.</summary>
    public string? Pattern =>
        Text is { } text
            ? "%"
                + text.Replace("\\", "\\\\", StringComparison.Ordinal)
                    .Replace("%", "\\%", StringComparison.Ordinal)
                    .Replace("_", "\\_", StringComparison.Ordinal)
                + "%"
            : null;
}

/// <summary>How often a person and the judge chose which response, for judgments that have both.</summary>
/// <param name="Label">1, 2, or 0 for neither.</param>
/// <param name="Preferred">1 or 2; 0 for a missing judgment.</param>
/// <param name="Count">How often.</param>
internal sealed record LabelCount(int Label, int Preferred, long Count)
{
    /// <summary>From a row of label, preferred and count.</summary>
    public static LabelCount Of(DbDataReader row) => new(row.GetInt32(0), row.GetInt32(1), row.GetInt64(2));

    /// <summary>A preference as a number: 1, 2, or 0 for a missing judgment.</summary>
    public static int NumberOf(Verdict? preferred) =>
        preferred switch
        {
            Verdict.First => 1,
            Verdict.Second => 2,
            _ => 0,
        };

    /// <summary>The preference of a number.</summary>
    public static Verdict? VerdictOf(int number) =>
        number switch
        {
            1 => Verdict.First,
            2 => Verdict.Second,
            _ => null,
        };
}

/// <summary>
/// The judgments that a service gave, for people who want to see them: one for each comparison, the newest taking the place of those
/// before, and of those that nobody labelled only so many. Safe to use from many threads.
/// </summary>
internal interface IJudgmentLog
{
    /// <summary>Whether they survive the process.</summary>
    bool IsDurable { get; }

    /// <summary>Records a judgment in the place of an earlier one of the same comparison, whose label stays.</summary>
    /// <param name="hash">What makes it the same comparison.</param>
    /// <param name="judgment">The judgment.</param>
    Task AddAsync(byte[] hash, RecordedJudgment judgment);

    /// <summary>Judgments that a filter lets through.</summary>
    Task<IReadOnlyList<RecordedJudgment>> ListAsync(JudgmentFilter filter);

    /// <summary>One judgment; null where there is none.</summary>
    Task<RecordedJudgment?> FindAsync(long id);

    /// <summary>Keeps what a person says of a judgment; null takes it back.</summary>
    /// <returns>Whether there is such a judgment.</returns>
    Task<bool> LabelAsync(long id, int? label);

    /// <summary>How persons and the judge agree.</summary>
    Task<IReadOnlyList<LabelCount>> CountLabelsAsync();
}
