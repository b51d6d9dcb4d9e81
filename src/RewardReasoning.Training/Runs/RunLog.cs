using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using RewardReasoning.IO;

namespace RewardReasoning.Training.Runs;

/// <summary>
/// What a run says of its steps: <c>metrics.jsonl</c>, the same as TensorBoard events, <c>completions.jsonl</c> and <c>held-out.jsonl</c>.
/// What was logged after
/// the checkpoint that a run goes on from is dropped, for its steps are computed again; the events are made anew from the metrics then.
/// </summary>
internal sealed class RunLog : IDisposable
{
    private const string MetricsName = "metrics.jsonl";
    private const string CompletionsName = "completions.jsonl";
    private const string HeldOutName = "held-out.jsonl";
    private const string EventsName = "tensorboard";

    /// <summary>When a step ended; the last of its metrics.</summary>
    private const string TimeMetric = "time/unix_seconds";

    private static readonly JsonSerializerOptions Readable = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private readonly string _folder;
    private readonly TimeProvider _clock;
    private readonly EventFile _events;
    private bool[] _rightAtStart;

    /// <summary>A log that keeps the lines below the given steps; new ones are appended.</summary>
    public RunLog(RunFolder folder, TimeProvider clock, int firstMetrics, int firstCompletions)
    {
        (_folder, _clock) = (folder.Location, clock);
        Forget(CompletionsName, firstCompletions);
        _rightAtStart = Right(Forget(HeldOutName, firstMetrics).Where(row => row["step"]?.GetValue<int>() == 0));
        List<JsonObject> kept = Forget(MetricsName, firstMetrics);
        _events = EventFile.Create(Path.Combine(_folder, EventsName), clock.GetUtcNow());
        foreach (JsonObject row in kept)
        {
            WriteEvents(row);
        }

        Last = kept.Count > 0 ? kept[^1] : [];
    }

    /// <summary>Metrics of the last step logged; empty before the first.</summary>
    public JsonObject Last { get; private set; }

    /// <summary>Appends a step's metrics; numbers that are not finite become null.</summary>
    public void Metrics(int step, IReadOnlyDictionary<string, double> metrics)
    {
        JsonObject row = new() { ["step"] = step };
        foreach ((string name, double value) in metrics)
        {
            row[name] = double.IsFinite(value) ? Math.Round(value, 6) : null;
        }

        row[TimeMetric] = Math.Round((_clock.GetUtcNow() - DateTimeOffset.UnixEpoch).TotalSeconds, 3);
        File.AppendAllText(Path.Combine(_folder, MetricsName), row.ToJsonString() + "\n");
        WriteEvents(row);
        Last = row;
    }

    /// <summary>Appends sampled completions, a line each.</summary>
    public void Completions(int step, IReadOnlyList<JsonObject> rows) => Append(CompletionsName, step, rows);

    /// <summary>Appends what was measured of each held-out item, a line each.</summary>
    /// <returns>How many items are right now and were wrong at step 0, and the other way round; null without anything to compare
    /// with.</returns>
    public (int Gained, int Lost)? HeldOut(int step, IReadOnlyList<JsonObject> rows)
    {
        bool[] right = Right(rows);
        _rightAtStart = step == 0 ? right : _rightAtStart;
        Append(HeldOutName, step, rows);
        return step == 0 || right.Length == 0 || right.Length != _rightAtStart.Length
            ? null
            : (
                right.Zip(_rightAtStart).Count(item => item is (true, false)),
                right.Zip(_rightAtStart).Count(item => item is (false, true))
            );
    }

    /// <inheritdoc/>
    public void Dispose() => _events.Dispose();

    private static bool[] Right(IEnumerable<JsonObject> rows) =>
        [.. rows.Select(row => row[Measurement.Right]?.GetValue<bool>()).OfType<bool>()];

    private void Append(string name, int step, IReadOnlyList<JsonObject> rows)
    {
        if (rows.Count > 0)
        {
            string text = string.Concat(
                rows.Select(row =>
                {
                    row.Insert(0, "step", step);
                    return row.ToJsonString(Readable) + "\n";
                })
            );
            File.AppendAllText(Path.Combine(_folder, name), text);
        }
    }

    private void WriteEvents(JsonObject row)
    {
        double time = row[TimeMetric]?.GetValue<double>() ?? 0;
        _events.Write(
            row["step"]?.GetValue<int>() ?? 0,
            time,
            row.Where(field => field.Key is not ("step" or TimeMetric) && field.Value is not null)
                .Select(field => (field.Key, (float)(field.Value?.GetValue<double>() ?? 0)))
        );
    }

    /// <summary>Rewrites a log without the rows from a step on, and gives those that stay.</summary>
    private List<JsonObject> Forget(string name, int step)
    {
        string path = Path.Combine(_folder, name);
        if (!File.Exists(path))
        {
            return [];
        }

        List<(string Line, JsonObject Row)> kept = [];
        foreach (string line in File.ReadLines(path))
        {
            if (Read(line) is { } row && row["step"]?.GetValue<int>() < step)
            {
                kept.Add((line, row));
            }
        }

        AtomicFile.WriteText(path, writer => kept.ForEach(entry => writer.WriteLine(entry.Line)));
        return [.. kept.Select(entry => entry.Row)];
    }

    private static JsonObject? Read(string line)
    {
        try
        {
            return JsonNode.Parse(line) as JsonObject;
        }
        catch (JsonException)
        {
            return null; // the last line of a run that was killed while writing it
        }
    }
}
