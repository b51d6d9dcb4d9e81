using System.Text.Json;

namespace RewardReasoning.Evaluation.Probes;

/// <summary>A run of probes on disk: <c>judgments.jsonl</c>, a line for each judgment as it comes, and <c>report.json</c>.</summary>
public sealed class ProbeRunFolder : IAsyncDisposable
{
    private readonly string _path;
    private readonly StreamWriter _judgments;

    private ProbeRunFolder(string path, StreamWriter judgments)
    {
        _path = path;
        _judgments = judgments;
    }

    /// <summary>Begins a run in a folder, which is created where it is not there; an older one there is overwritten.</summary>
    /// <exception cref="IOException">It cannot be written.</exception>
    public static ProbeRunFolder Create(string path)
    {
        Directory.CreateDirectory(path);
        File.Delete(Path.Combine(path, "report.json"));
        return new(path, new StreamWriter(Path.Combine(path, "judgments.jsonl")) { NewLine = "\n" });
    }

    /// <summary>Writes one judgment, cancelled or not: it was paid for.</summary>
    public Task WriteAsync(ProbedJudgment judgment) =>
        _judgments.WriteLineAsync(JsonSerializer.Serialize(judgment, ProbeJson.Lines.ProbedJudgment));

    /// <summary>Writes the report.</summary>
    public Task WriteReportAsync(ProbeReport report, CancellationToken cancellationToken = default) =>
        File.WriteAllTextAsync(
            Path.Combine(_path, "report.json"),
            JsonSerializer.Serialize(report, ProbeJson.Indented.ProbeReport) + "\n",
            cancellationToken
        );

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => _judgments.DisposeAsync();
}
