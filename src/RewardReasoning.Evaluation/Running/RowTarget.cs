using RewardReasoning.Data.Rows;

namespace RewardReasoning.Evaluation.Running;

/// <summary>Where a run writes its rows: a file, with the settings of the run beside it, or a stream such as standard output.</summary>
public sealed record RowTarget
{
    private RowTarget() { }

    /// <summary>The file; null for a stream.</summary>
    public string? Path { get; private init; }

    /// <summary>The command that made the run, for its settings file; nothing for runs from code.</summary>
    public IReadOnlyList<string> Command { get; init; } = [];

    /// <summary>
    /// Whether a file that is there may be replaced although this library did not write it, or wrote it in a run with other settings.
    /// </summary>
    public bool Overwrite { get; init; }

    internal Stream? Stream { get; private init; }

    /// <summary>A file, whose ending says its format: <c>.jsonl</c>, packed as <c>.gz</c> or <c>.zst</c>, or <c>.parquet</c>.</summary>
    /// <exception cref="NotSupportedException">Files of this ending are not written.</exception>
    public static RowTarget OfFile(string path)
    {
        RowFileWriter.RequireSupported(path);
        return new RowTarget { Path = path };
    }

    /// <summary>A stream of JSON lines, which stays open.</summary>
    public static RowTarget OfStream(Stream stream) => new() { Stream = stream };

    /// <summary>Whether the columns must be known before the first row.</summary>
    internal bool NeedsColumns => Path is not null && RowFileWriter.NeedsColumns(Path);

    /// <summary>Refuses a target that is also read, or whose columns cannot be known beforehand.</summary>
    /// <param name="rows">What is read.</param>
    /// <param name="columnsAreKnown">Whether the columns do not depend on the rows that are read.</param>
    /// <exception cref="RewardReasoningException">It is one of these.</exception>
    public void RequireUsable(RowSource rows, bool columnsAreKnown = false)
    {
        ArgumentNullException.ThrowIfNull(rows);
        if (Path is null)
        {
            return;
        }

        string full = System.IO.Path.GetFullPath(Path);
        if (rows.Paths.Any(path => System.IO.Path.GetFullPath(path) == full))
        {
            throw new RunException($"--out is '{Path}', which is also read; name another file.");
        }

        if (System.IO.Path.GetDirectoryName(full) is { } folder && !Directory.Exists(folder))
        {
            throw new RunException($"--out is '{Path}', but there is no folder '{folder}'; make it first.");
        }

        if (!columnsAreKnown && rows.IsStream && NeedsColumns)
        {
            throw new RunException(
                $"--out is '{Path}': the columns of a Parquet file are found by reading the rows beforehand, and standard input can "
                    + $"be read only once. Name a file as IN, or write JSON lines."
            );
        }
    }
}
