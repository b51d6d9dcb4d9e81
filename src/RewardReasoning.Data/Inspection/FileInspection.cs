using RewardReasoning.Data.Recognition;

namespace RewardReasoning.Data.Inspection;

/// <summary>How a file was read, and what is unusual in it.</summary>
internal sealed record FileInspection
{
    /// <summary>The file's name.</summary>
    public required string File { get; init; }

    /// <summary>Why it is not read as rows; null when it is.</summary>
    public string? Refused { get; init; }

    /// <summary>Its format: <c>json_lines</c>, <c>json_list</c>, <c>json_objects</c>, <c>csv</c>, <c>tsv</c> or <c>parquet</c>.</summary>
    public string? Format { get; init; }

    /// <summary>How it is packed: <c>none</c>, <c>gzip</c> or <c>zstandard</c>.</summary>
    public string? Compression { get; init; }

    /// <summary>Its size; null for a stream.</summary>
    public long? Bytes { get; init; }

    /// <summary>Rows, unreadable ones included.</summary>
    public long Rows { get; init; }

    /// <summary>What most of its rows are; null where it is refused.</summary>
    public RowKind? TakenFor { get; init; }

    /// <summary>Its rows by kind, the most frequent first.</summary>
    public IReadOnlyList<KindCount> Kinds { get; init; } = [];

    /// <summary>Fields of its rows, in the order in which they first appear.</summary>
    public IReadOnlyList<FieldInspection> Fields { get; init; } = [];

    /// <summary>Pairs by label.</summary>
    public LabelCount? Labels { get; init; }

    /// <summary>What is unusual, each with its count and its first place.</summary>
    public IReadOnlyList<Oddity> Oddities { get; init; } = [];
}

/// <summary>How many rows are of a kind.</summary>
/// <param name="Kind">What they are.</param>
/// <param name="Rows">How many.</param>
internal sealed record KindCount(RowKind Kind, long Rows);

/// <summary>One field over all rows.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Types">Its JSON types, the most frequent first: <c>string</c>, <c>integer</c>, <c>number</c>, <c>boolean</c>, <c>list</c>,
/// <c>object</c>, <c>null</c>.</param>
/// <param name="Rows">Rows that have it.</param>
/// <param name="Shortest">Smallest length: characters of strings, elements of lists; null where it has neither.</param>
/// <param name="MeanLength">Mean length.</param>
/// <param name="Longest">Largest length.</param>
internal sealed record FieldInspection(
    string Name,
    IReadOnlyList<string> Types,
    long Rows,
    long? Shortest,
    double? MeanLength,
    long? Longest
);

/// <summary>Pairs by label.</summary>
/// <param name="First">Rows whose first response is the better one.</param>
/// <param name="Second">Rows whose second response is.</param>
/// <param name="None">Rows without a label, or with a tie.</param>
internal sealed record LabelCount(long First, long Second, long None);

/// <summary>Something unusual.</summary>
/// <param name="What">What it is, for people.</param>
/// <param name="Rows">Rows that have it.</param>
/// <param name="FirstPlace">Where it is first.</param>
internal sealed record Oddity(string What, long Rows, string FirstPlace);
