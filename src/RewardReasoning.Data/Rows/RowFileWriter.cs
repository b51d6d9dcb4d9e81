using System.Text.Json;
using RewardReasoning.IO;

namespace RewardReasoning.Data.Rows;

/// <summary>
/// A file of rows that is never half there. Rows go to a file beside it (<see cref="PartialEnding"/>), which takes its place when the
/// writer is disposed: a killed process leaves an older file as it was, and beside it the rows so far: of JSON lines whole ones but for
/// the last, of Parquet nothing that can be read. A run that ended early hands over what it has too, unless that would replace a file: then
/// its rows stay beside it. One writer at a time has a file (<see cref="FileLock"/>); devices and named pipes are written to directly.
/// </summary>
internal sealed class RowFileWriter : RowWriter
{
    /// <summary>What is added to the file's name while it is written.</summary>
    public const string PartialEnding = ".partial";

    private readonly RowWriter _writer;
    private readonly string _path;
    private readonly string? _partial;
    private readonly FileLock? _lock;
    private bool _complete;

    private RowFileWriter(RowWriter writer, string path, string? partial, FileLock? held)
    {
        _writer = writer;
        _path = path;
        _partial = partial;
        _lock = held;
    }

    /// <summary>
    /// Where the rows stay when they could not take the file's place; null until the writer is disposed, and when they did.
    /// </summary>
    public string? LeftAt { get; private set; }

    /// <summary>Begins a file; its ending says what it is and how it is compressed.</summary>
    /// <param name="path">Where it will be.</param>
    /// <param name="columns">Its columns, for Parquet; other formats need none.</param>
    /// <param name="time">Clock for handing lines to the system.</param>
    /// <param name="cancellationToken">Ends the attempt.</param>
    /// <exception cref="NotSupportedException">The ending is that of a format that is not written, or columns cannot be
    /// written.</exception>
    /// <exception cref="RewardReasoningException">Another run is writing it.</exception>
    /// <exception cref="IOException">It cannot be created.</exception>
    public static async Task<RowFileWriter> CreateAsync(
        string path,
        RowColumns? columns,
        TimeProvider time,
        CancellationToken cancellationToken = default
    )
    {
        RequireSupported(path);
        cancellationToken.ThrowIfCancellationRequested();
        string target = AtomicFile.Resolve(path);
        if (!AtomicFile.IsReplaceable(target))
        {
            // A named pipe opens when somebody reads it, which may take as long as it likes.
            FileStream special = await Task.Run(() => AtomicFile.OpenSpecial(target, FileOptions.None), cancellationToken)
                .ConfigureAwait(false);
            return await OpenAsync(path, target, null, null, special, columns, time).ConfigureAwait(false);
        }

        FileLock held = FileLock.Take(target, time);
        try
        {
            string partial = target + PartialEnding;
            FileStream file = new(
                partial,
                FileMode.Create,
                FileAccess.Write,
                FileShare.Read,
                bufferSize: 1 << 16,
                FileOptions.Asynchronous
            );
            return await OpenAsync(path, target, partial, held, file, columns, time).ConfigureAwait(false);
        }
        catch
        {
            held.Dispose();
            throw;
        }
    }

    /// <summary>Whether the file's columns must be known before its first row: Parquet's.</summary>
    public static bool NeedsColumns(string path)
    {
        ArgumentNullException.ThrowIfNull(path);
        return path.EndsWith(".parquet", StringComparison.OrdinalIgnoreCase);
    }

    /// <summary>Refuses what cannot be written, by the ending of its name.</summary>
    /// <exception cref="NotSupportedException">The ending is that of a format that is not written.</exception>
    public static void RequireSupported(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        string ending = Path.GetExtension(RowCompressions.WithoutEnding(path)).ToLowerInvariant();
        if (ending == ".parquet" && !NeedsColumns(path))
        {
            throw new NotSupportedException($"'{path}': Parquet compresses its own columns and is not compressed again; name it .parquet.");
        }

        if (ending is ".csv" or ".tsv" or ".arrow" or ".xlsx" or ".sqlite" or ".db")
        {
            throw new NotSupportedException(
                $"'{path}': {ending} files are not written; name it .jsonl (or .jsonl.gz, .jsonl.zst) or .parquet."
            );
        }
    }

    /// <inheritdoc/>
    public override Task WriteAsync(Action<Utf8JsonWriter> write, CancellationToken cancellationToken) =>
        _writer.WriteAsync(write, cancellationToken);

    /// <inheritdoc/>
    public override Task FlushAsync() => _writer.FlushAsync();

    /// <summary>Says that every row was written: the file may replace an older one.</summary>
    public void Complete() => _complete = true;

    /// <inheritdoc/>
    public override async ValueTask DisposeAsync()
    {
        using (_lock)
        {
            await _writer.DisposeAsync().ConfigureAwait(false);
            if (_partial is null)
            {
                return;
            }

            if (_complete || !File.Exists(_path))
            {
                AtomicFile.Replace(_partial, _path);
            }
            else
            {
                LeftAt = _partial;
            }
        }
    }

    private static async Task<RowFileWriter> OpenAsync(
        string path,
        string target,
        string? partial,
        FileLock? held,
        FileStream file,
        RowColumns? columns,
        TimeProvider time
    )
    {
        try
        {
            RowCompression packing = RowCompressions.OfName(path);
            RowWriter writer = NeedsColumns(path)
                ? new ParquetRowWriter(
                    file,
                    columns
                        ?? throw new ArgumentNullException(nameof(columns), $"'{path}' is Parquet, whose columns must be known beforehand.")
                )
                : new JsonLinesWriter(RowCompressions.Pack(file, packing), leaveOpen: false, packing != RowCompression.None, time);
            return new RowFileWriter(writer, target, partial, held);
        }
        catch
        {
            await file.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }
}
