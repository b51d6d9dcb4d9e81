using System.Text.Json;
using RewardReasoning.Data.Rows;

namespace RewardReasoning.Cli.Scoring;

/// <summary>Where a verb writes its rows: a file, or standard output.</summary>
internal sealed class RowOutput : IAsyncDisposable
{
    private readonly RowWriter _writer;
    private readonly RowFileWriter? _file;
    private readonly Terminal _terminal;

    public RowOutput(string output, Terminal terminal, TimeProvider time)
    {
        _terminal = terminal;
        _file = output == RowInput.StandardStream ? null : RowFileWriter.Create(output, time);
        _writer = _file ?? RowWriter.ToStream(terminal.OutStream, time);
    }

    /// <summary>Writes one row, cancelled or not: what was judged was paid for.</summary>
    public Task WriteAsync(Action<Utf8JsonWriter> write) => _writer.WriteAsync(write, CancellationToken.None);

    /// <summary>Says that every row was written.</summary>
    public void Complete() => _file?.Complete();

    public async ValueTask DisposeAsync()
    {
        await _writer.DisposeAsync();
        if (_file?.LeftAt is { } left)
        {
            _terminal.WriteStatus($"rrm: the rows so far are in '{left}'; the older OUT was left as it is.");
        }
    }
}
