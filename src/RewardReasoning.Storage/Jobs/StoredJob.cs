using System.Data.Common;

namespace RewardReasoning.Storage.Jobs;

/// <summary>Where a job is.</summary>
internal enum JobState
{
    /// <summary>Its rows are still coming.</summary>
    Receiving,

    /// <summary>It waits for its turn.</summary>
    Queued,

    /// <summary>Its rows are being judged.</summary>
    Running,

    /// <summary>Every row has its result.</summary>
    Done,

    /// <summary>Somebody ended it; what was judged is kept.</summary>
    Cancelled,

    /// <summary>Something ended it that would have failed every further row; what was judged is kept.</summary>
    Failed,
}

/// <summary>A job as it is kept.</summary>
internal sealed record StoredJob
{
    /// <summary>Its name in addresses.</summary>
    public required string Id { get; init; }

    /// <summary>Where it is.</summary>
    public required JobState State { get; init; }

    /// <summary>Whether its results hold what the judge wrote.</summary>
    public bool WithReasoning { get; init; }

    /// <summary>When it was submitted.</summary>
    public required DateTimeOffset Created { get; init; }

    /// <summary>When it was done, cancelled or failed; null before.</summary>
    public DateTimeOffset? Ended { get; init; }

    /// <summary>How many rows it has.</summary>
    public long Rows { get; init; }

    /// <summary>How many of them have a result.</summary>
    public long Judged { get; init; }

    /// <summary>How many of those hold an error in place of a judgment.</summary>
    public long Missing { get; init; }

    /// <summary>Why it failed, without any text of its rows; null where it did not.</summary>
    public string? Problem { get; init; }

    /// <summary>Whether nothing more is going to happen to it by itself.</summary>
    public bool HasEnded => State is JobState.Done or JobState.Cancelled or JobState.Failed;

    /// <summary>From a row of id, state, reasoning, created, ended, rows, judged, missing and problem.</summary>
    public static StoredJob Of(DbDataReader row) =>
        new()
        {
            Id = row.GetString(0),
            State = (JobState)row.GetInt32(1),
            WithReasoning = row.GetBoolean(2),
            Created = DateTimeOffset.FromUnixTimeMilliseconds(row.GetInt64(3)),
            Ended = row.IsDBNull(4) ? null : DateTimeOffset.FromUnixTimeMilliseconds(row.GetInt64(4)),
            Rows = row.GetInt64(5),
            Judged = row.GetInt64(6),
            Missing = row.GetInt64(7),
            Problem = row.IsDBNull(8) ? null : row.GetString(8),
        };
}

/// <summary>A row of a job.</summary>
/// <param name="Number">From 1, in the order of the rows.</param>
/// <param name="Place">Line or row number in what was submitted.</param>
/// <param name="IsLine">Whether it is a line's number.</param>
/// <param name="Text">The row as it came; null where it could not be read.</param>
/// <param name="Fault">Why it could not be read.</param>
internal sealed record StoredJobRow(long Number, long Place, bool IsLine, byte[]? Text, string? Fault)
{
    /// <summary>From a row of number, place, line, text and fault.</summary>
    public static StoredJobRow Of(DbDataReader row) =>
        new(
            row.GetInt64(0),
            row.GetInt64(1),
            row.GetBoolean(2),
            row.IsDBNull(3) ? null : row.GetFieldValue<byte[]>(3),
            row.IsDBNull(4) ? null : row.GetString(4)
        );
}
