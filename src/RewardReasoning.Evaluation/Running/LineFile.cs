using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using RewardReasoning.IO;

namespace RewardReasoning.Evaluation.Running;

/// <summary>A file of a run folder with one JSON value a line, written as the values come.</summary>
internal sealed class LineFile : IAsyncDisposable
{
    /// <summary>Name of the report in a run's folder.</summary>
    public const string ReportFile = "report.json";

    private readonly StreamWriter? _writer;
    private readonly FileLock? _lock;

    private LineFile(StreamWriter? writer, FileLock? held) => (_writer, _lock) = (writer, held);

    /// <summary>
    /// Begins a file of a run's folder, in place of an older one, and holds the folder until it ends; without a folder nothing is written.
    /// What an earlier run said of itself is removed, since it does not describe these lines.
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
            File.Delete(Path.Combine(folder, ReportFile));
            File.Delete(Path.Combine(folder, RunFolderSettings.FileName));
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
