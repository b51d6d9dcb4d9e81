using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using RewardReasoning.IO;

namespace RewardReasoning.Evaluation.Running;

/// <summary>A file of a run folder with one JSON value a line, written as the values come.</summary>
internal sealed class LineFile : IAsyncDisposable
{
    private readonly StreamWriter? _writer;
    private readonly FileLock? _lock;

    private LineFile(StreamWriter? writer, FileLock? held) => (_writer, _lock) = (writer, held);

    /// <summary>
    /// Begins a file of a folder, in place of an older one, and holds the folder until it ends; without a folder nothing is written.
    /// </summary>
    /// <exception cref="RewardReasoningException">Another run writes to the folder.</exception>
    public static LineFile Create(string? folder, string name)
    {
        if (folder is null)
        {
            return new LineFile(null, null);
        }

        Directory.CreateDirectory(folder);
        FileLock held = FileLock.Take(folder);
        try
        {
            return new LineFile(new StreamWriter(Path.Combine(folder, name)) { NewLine = "\n" }, held);
        }
        catch
        {
            held.Dispose();
            throw;
        }
    }

    /// <summary>Writes one value, cancelled or not: it was paid for.</summary>
    public Task WriteAsync<T>(T value, JsonTypeInfo<T> type) =>
        _writer is null ? Task.CompletedTask : _writer.WriteLineAsync(JsonSerializer.Serialize(value, type));

    public async ValueTask DisposeAsync()
    {
        using (_lock)
        {
            if (_writer is not null)
            {
                await _writer.DisposeAsync().ConfigureAwait(false);
            }
        }
    }
}
