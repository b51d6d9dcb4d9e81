using System.Text.Json;
using RewardReasoning.Data.Columns;
using RewardReasoning.Data.Rows;

namespace RewardReasoning.Cli.Scoring;

/// <summary>Where a verb writes its rows: a file with the settings of the run beside it, or standard output.</summary>
internal sealed class RowOutput : IAsyncDisposable
{
    private readonly RowWriter _writer;
    private readonly RowFileWriter? _file;
    private readonly RunRecord? _record;
    private readonly Terminal _terminal;
    private bool _complete;
    private bool _disposed;

    private RowOutput(RowWriter writer, RowFileWriter? file, RunRecord? record, Terminal terminal)
    {
        _writer = writer;
        _file = file;
        _record = record;
        _terminal = terminal;
    }

    /// <summary>Rows so far.</summary>
    public long Rows { get; private set; }

    /// <param name="output">The file's name, or - for standard output.</param>
    /// <param name="columns">The columns, for Parquet.</param>
    /// <param name="record">The settings of the run; null where nothing can stand beside its rows.</param>
    /// <param name="terminal">Where standard output is, and where people are told.</param>
    /// <param name="time">Clock for handing lines to the system.</param>
    /// <param name="cancellationToken">Ends the attempt.</param>
    public static async Task<RowOutput> OpenAsync(
        string output,
        RowColumns? columns,
        RunRecord? record,
        Terminal terminal,
        TimeProvider time,
        CancellationToken cancellationToken
    )
    {
        if (output == RowInput.StandardStream)
        {
            return new RowOutput(RowWriter.ToStream(terminal.OutStream, time), null, null, terminal);
        }

        RowFileWriter file = await RowFileWriter.CreateAsync(output, columns, time, cancellationToken);
        return new RowOutput(file, file, record, terminal);
    }

    /// <summary>Refuses an output that cannot be written, is read too, or is needed for something else.</summary>
    /// <param name="output">The file's name, or - for standard output.</param>
    /// <param name="input">What is read.</param>
    /// <param name="summaryGoesToOutput">Whether the summary goes to standard output.</param>
    /// <param name="columnsAreKnown">Whether the columns of a Parquet file do not hang on the rows that are read.</param>
    /// <exception cref="UsageException">It is one of these; what to do is said.</exception>
    /// <exception cref="NotSupportedException">Its ending is that of a format that is not written.</exception>
    public static void Check(string output, RowInput input, bool summaryGoesToOutput, bool columnsAreKnown = false)
    {
        if (output == RowInput.StandardStream)
        {
            if (summaryGoesToOutput)
            {
                throw new UsageException("--json and --out - both write to standard output; write the summary with --summary FILE.");
            }

            return;
        }

        RowFileWriter.RequireSupported(output);
        if (input.Paths.Any(path => Path.GetFullPath(path) == Path.GetFullPath(output)))
        {
            throw new UsageException($"--out is '{output}', which is read too; name another file.");
        }

        if (!columnsAreKnown && input.IsStandardInput && RowFileWriter.NeedsColumns(output))
        {
            throw new UsageException(
                $"--out is '{output}': the columns of Parquet are found by reading the rows beforehand, and standard input is read once. Name a file as IN, or write JSON lines."
            );
        }
    }

    /// <summary>Writes one row, cancelled or not: what was judged was paid for.</summary>
    public Task WriteAsync(Action<Utf8JsonWriter> write)
    {
        // A run that fails before its first row has paid for nothing, and may be begun anew with anything.
        if (Rows++ == 0)
        {
            _record?.Begin();
        }

        return _writer.WriteAsync(write, CancellationToken.None);
    }

    /// <summary>Says that every row was written.</summary>
    public void Complete()
    {
        _complete = true;
        _file?.Complete();
    }

    public async ValueTask DisposeAsync()
    {
        if (_disposed)
        {
            return;
        }

        _disposed = true;
        await _writer.DisposeAsync();
        if (_complete || Rows > 0)
        {
            _record?.End(_complete, Rows, _file?.LeftAt);
        }

        if (_file?.LeftAt is { } left)
        {
            _terminal.WriteStatus($"rrm: the rows so far are in '{left}'; the older OUT was left as it is.");
        }
    }
}
