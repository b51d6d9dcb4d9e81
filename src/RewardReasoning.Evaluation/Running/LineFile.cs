using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace RewardReasoning.Evaluation.Running;

/// <summary>A file of a run folder with one JSON value a line, written as the values come.</summary>
internal sealed class LineFile : IAsyncDisposable
{
    private readonly StreamWriter? _writer;

    private LineFile(StreamWriter? writer) => _writer = writer;

    /// <summary>Begins a file of a folder, in place of an older one; without a folder nothing is written.</summary>
    public static LineFile Create(string? folder, string name)
    {
        if (folder is null)
        {
            return new LineFile(null);
        }

        Directory.CreateDirectory(folder);
        return new LineFile(new StreamWriter(Path.Combine(folder, name)) { NewLine = "\n" });
    }

    /// <summary>Writes one value, cancelled or not: it was paid for.</summary>
    public Task WriteAsync<T>(T value, JsonTypeInfo<T> type) =>
        _writer is null ? Task.CompletedTask : _writer.WriteLineAsync(JsonSerializer.Serialize(value, type));

    public ValueTask DisposeAsync() => _writer?.DisposeAsync() ?? ValueTask.CompletedTask;
}
