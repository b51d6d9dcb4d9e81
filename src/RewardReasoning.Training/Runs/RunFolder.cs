using System.Text.Json;
using System.Text.Json.Nodes;
using RewardReasoning.Models.Checkpoints;
using RewardReasoning.Training.Optimization;
using TorchSharp;

namespace RewardReasoning.Training.Runs;

/// <summary>
/// Everything a run leaves behind: the resolved recipe, <c>metrics.jsonl</c>, <c>completions.jsonl</c>, and checkpoints, each written
/// beside its place and then renamed, so that a kill at any moment leaves the last whole one. Metrics written after the last
/// checkpoint are dropped when a run resumes, for their steps are computed again.
/// </summary>
public sealed class RunFolder
{
    private const string RecipeName = "recipe.json";
    private const string OptimizerName = "optimizer.safetensors";
    private const string StateName = "state.json";
    private const string CheckpointPrefix = "step-";
    private readonly string _path;

    private RunFolder(string path) => _path = path;

    /// <summary>The folder of the finished model.</summary>
    public string FinalModel => Path.Combine(_path, "model");

    /// <summary>Whether the run reached its end.</summary>
    public bool IsFinished => File.Exists(Path.Combine(FinalModel, "config.json"));

    /// <summary>Opens a run, new or begun.</summary>
    /// <exception cref="RecipeException">The folder holds a run of another recipe.</exception>
    public static RunFolder Open<T>(string path, T recipe)
    {
        Directory.CreateDirectory(path);
        RunFolder folder = new(path);
        string resolved = JsonSerializer.Serialize(recipe, RecipeFile.Format);
        string recipePath = Path.Combine(path, RecipeName);
        if (!File.Exists(recipePath))
        {
            WriteAside(recipePath, resolved);
        }
        else if (Difference(File.ReadAllText(recipePath), resolved) is { } difference)
        {
            throw new RecipeException(
                $"{path} holds a run of another recipe ({difference}). Continue it with the recipe it began with ({recipePath}), or give the new run another folder.");
        }

        return folder;
    }

    /// <summary>The last whole checkpoint: its step and folder; null for a new run.</summary>
    public (int Step, string Folder)? LastCheckpoint()
    {
        (int Step, string Folder)[] found =
        [
            .. Directory.EnumerateDirectories(_path, CheckpointPrefix + "*")
                .Select(folder => (Step: int.TryParse(Path.GetFileName(folder).AsSpan(CheckpointPrefix.Length), out int step) ? step : -1, folder))
                .Where(checkpoint => checkpoint.Step >= 0)
                .OrderBy(checkpoint => checkpoint.Step),
        ];
        return found.Length == 0 ? null : found[^1];
    }

    /// <summary>Writes a checkpoint by <paramref name="write"/> and removes older ones.</summary>
    public void Checkpoint(int step, Action<string> write)
    {
        ArgumentNullException.ThrowIfNull(write);
        string target = Path.Combine(_path, CheckpointPrefix + step);
        string aside = Path.Combine(_path, "writing-" + step);
        if (Directory.Exists(aside))
        {
            Directory.Delete(aside, recursive: true);
        }

        Directory.CreateDirectory(aside);
        write(aside);
        Directory.Move(aside, target);
        foreach (string old in Directory.EnumerateDirectories(_path, CheckpointPrefix + "*").Where(folder => folder != target).ToList())
        {
            Directory.Delete(old, recursive: true);
        }
    }

    /// <summary>Places the finished model by <paramref name="write"/>.</summary>
    public void Finish(Action<string> write)
    {
        ArgumentNullException.ThrowIfNull(write);
        string aside = FinalModel + ".writing";
        if (Directory.Exists(aside))
        {
            Directory.Delete(aside, recursive: true);
        }

        Directory.CreateDirectory(aside);
        write(aside);
        Directory.Move(aside, FinalModel);
    }

    /// <summary>Appends one line of metrics.</summary>
    public void Log(int step, IReadOnlyDictionary<string, double> metrics)
    {
        ArgumentNullException.ThrowIfNull(metrics);
        JsonObject row = new() { ["step"] = step };
        foreach ((string name, double value) in metrics)
        {
            row[name] = double.IsFinite(value) ? Math.Round(value, 6) : null;
        }

        File.AppendAllText(Path.Combine(_path, "metrics.jsonl"), row.ToJsonString() + "\n");
    }

    /// <summary>Appends sampled completions, a line each.</summary>
    public void LogCompletions(int step, IEnumerable<JsonObject> rows)
    {
        ArgumentNullException.ThrowIfNull(rows);
        string text = string.Concat(rows.Select(row =>
        {
            row.Insert(0, "step", step);
            return row.ToJsonString() + "\n";
        }));
        File.AppendAllText(Path.Combine(_path, "completions.jsonl"), text);
    }

    /// <summary>Drops what was logged for steps from <paramref name="step"/> on.</summary>
    public void ForgetLogsFrom(int step)
    {
        foreach (string name in (string[])["metrics.jsonl", "completions.jsonl"])
        {
            string path = Path.Combine(_path, name);
            if (File.Exists(path))
            {
                IEnumerable<string> kept = File.ReadLines(path).Where(line => StepOf(line) is { } logged && logged < step).ToList();
                WriteAside(path, string.Concat(kept.Select(line => line + "\n")));
            }
        }
    }

    /// <summary>Writes optimizer moments and a small state object into a checkpoint folder.</summary>
    public static void WriteState<T>(string folder, T state, FusedAdamW optimizer)
    {
        ArgumentNullException.ThrowIfNull(optimizer);
        Safetensors.Write(Path.Combine(folder, OptimizerName), [.. optimizer.ExportState().Select(entry => (entry.Key, entry.Value))]);
        File.WriteAllText(Path.Combine(folder, StateName), JsonSerializer.Serialize(state, RecipeFile.Format));
    }

    /// <summary>The state object that <see cref="WriteState"/> left.</summary>
    public static T ReadState<T>(string folder)
        where T : class => RecipeFile.Load<T>(Path.Combine(folder, StateName));

    /// <summary>Gives an optimizer the moments that <see cref="WriteState"/> left.</summary>
    public static void RestoreOptimizer(string folder, FusedAdamW optimizer)
    {
        ArgumentNullException.ThrowIfNull(optimizer);
        using DisposeScope scope = torch.NewDisposeScope();
        using SafetensorsFile file = SafetensorsFile.Open(Path.Combine(folder, OptimizerName));
        optimizer.ImportState(file.Entries.Keys.ToDictionary(name => name, file.Read));
    }

    private static int? StepOf(string line)
    {
        try
        {
            return JsonNode.Parse(line)?["step"]?.GetValue<int>();
        }
        catch (JsonException)
        {
            return null; // the last line of a run that was killed while writing it
        }
    }

    private static string? Difference(string before, string now)
    {
        JsonObject a = JsonNode.Parse(before) as JsonObject ?? [];
        JsonObject b = JsonNode.Parse(now) as JsonObject ?? [];
        string[] changed =
        [
            .. a.Select(field => field.Key).Union(b.Select(field => field.Key)).Where(name => !JsonNode.DeepEquals(a[name], b[name])),
        ];
        return changed.Length == 0 ? null : "changed: " + string.Join(", ", changed);
    }

    private static void WriteAside(string path, string text)
    {
        File.WriteAllText(path + ".writing", text);
        File.Move(path + ".writing", path, overwrite: true);
    }
}
