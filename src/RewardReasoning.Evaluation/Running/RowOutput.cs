using System.Text.Json;
using RewardReasoning.Data.Rows;

namespace RewardReasoning.Evaluation.Running;

/// <summary>The rows of a run on their way to a <see cref="RowTarget"/>.</summary>
internal sealed class RowOutput : IAsyncDisposable
{
    private readonly RowWriter _writer;
    private readonly RowFileWriter? _file;
    private readonly RunRecord? _record;
    private readonly Action<string>? _warn;
    private bool _complete;
    private bool _disposed;

    private RowOutput(RowWriter writer, RowFileWriter? file, RunRecord? record, Action<string>? warn) =>
        (_writer, _file, _record, _warn) = (writer, file, record, warn);

    /// <summary>Rows so far.</summary>
    public long Rows { get; private set; }

    /// <param name="target">Where the rows go.</param>
    /// <param name="columns">The columns, for Parquet.</param>
    /// <param name="record">The settings of the run; null where nothing can be put beside its rows.</param>
    /// <param name="options">Clock, and the callback for the place of an unfinished run's rows.</param>
    /// <param name="cancellationToken">Ends the attempt.</param>
    public static async Task<RowOutput> OpenAsync(
        RowTarget target,
        RowColumns? columns,
        RunRecord? record,
        RunOptions options,
        CancellationToken cancellationToken
    )
    {
        if (target.Path is not { } path)
        {
            return new RowOutput(RowWriter.ToStream(target.Stream ?? Stream.Null, options.Time), null, null, options.OnWarning);
        }

        RowFileWriter file = await RowFileWriter.CreateAsync(path, columns, options.Time, cancellationToken).ConfigureAwait(false);
        return new RowOutput(file, file, record, options.OnWarning);
    }

    /// <summary>Writes one row, cancelled or not: it was paid for.</summary>
    public Task WriteAsync(Action<Utf8JsonWriter> write)
    {
        // A run that fails before its first row has paid for nothing, and may be started again with any settings.
        if (Rows++ == 0)
        {
            _record?.Begin();
        }

        return _writer.WriteAsync(write, CancellationToken.None);
    }

    /// <summary>Hands on the rows so far, for a reader who may be waiting for them.</summary>
    public Task FlushAsync() => _writer.FlushAsync();

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
        IReadOnlyList<string> changed = _record?.ChangedInputs() ?? [];
        foreach (string input in changed)
        {
            _warn?.Invoke($"'{input}' changed while it was read: these rows may be of neither its old nor its new content. Run again.");
        }

        await _writer.DisposeAsync().ConfigureAwait(false);
        if (_complete || Rows > 0)
        {
            _record?.End(_complete && changed.Count == 0, Rows, _file?.LeftAt);
        }

        if (_file?.LeftAt is { } left)
        {
            _warn?.Invoke($"the rows so far are in '{left}'; the older file was left as it is.");
        }
    }
}
