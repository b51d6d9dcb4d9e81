using System.Text.Json;
using RewardReasoning.IO;
using RewardReasoning.Models.Checkpoints;
using RewardReasoning.Recipes;
using RewardReasoning.Training.Optimization;
using TorchSharp;

namespace RewardReasoning.Training.Runs;

/// <summary>
/// Everything a run leaves behind: the resolved recipe, logs (<see cref="RunLog"/>), and model folders, each written beside its place and
/// then renamed, so that a kill at any moment leaves the last whole one.
/// </summary>
internal sealed class RunFolder
{
    private const string RecipeName = "recipe.json";
    private const string OptimizerName = "optimizer.safetensors";
    private const string StateName = "state.json";
    private const string CheckpointPrefix = "step-";
    private const string BestPrefix = "best-";
    internal const string FinalName = "model";
    private const string AsideSuffix = ".writing";
    private readonly string _path;

    private RunFolder(string path) => _path = path;

    /// <summary>Its path.</summary>
    public string Location => _path;

    /// <summary>The folder of the finished model.</summary>
    public string FinalModel => Path.Combine(_path, FinalName);

    /// <summary>Whether the run reached its end.</summary>
    public bool IsFinished => File.Exists(Path.Combine(FinalModel, "config.json"));

    /// <summary>
    /// Whether the folder holds anything but the recipe: a run that failed before its first measurement or step left nothing to resume.
    /// </summary>
    private bool HasBegun =>
        Directory
            .EnumerateFileSystemEntries(_path)
            .Any(entry => Path.GetFileName(entry) is { } name && name != RecipeName && !FileLock.IsLockOfFolder(name));

    /// <summary>Opens a run, new or begun. Where nothing came of an earlier recipe, this one takes its place.</summary>
    /// <exception cref="RewardReasoningException">The folder holds a run of another recipe; the fields that differ are named.</exception>
    public static RunFolder Open(string path, TrainingRecipe recipe)
    {
        ArgumentNullException.ThrowIfNull(recipe);
        Directory.CreateDirectory(path);
        RunFolder folder = new(path);
        string recipePath = Path.Combine(path, RecipeName);
        if (!File.Exists(recipePath) || !folder.HasBegun)
        {
            AtomicFile.WriteAllText(recipePath, RecipeFile.Resolve(recipe));
        }
        else if (RecipeFile.Differences(recipePath, recipe) is { Count: > 0 } differences)
        {
            throw new RecipeException(
                $"{path} holds a run of another recipe (changed: {string.Join("; ", differences)}). Continue it with the recipe it began "
                    + $"with ({recipePath}), or give the new run another folder."
            );
        }

        return folder;
    }

    /// <summary>The last whole checkpoint: its step and folder; null for a new run.</summary>
    public (int Step, string Folder)? LastCheckpoint() => Checkpoints().Select(checkpoint => ((int, string)?)checkpoint).LastOrDefault();

    /// <summary>Writes a checkpoint by <paramref name="write"/> and removes older ones.</summary>
    /// <param name="step">Steps done.</param>
    /// <param name="keepEvery">Checkpoints of steps that are a multiple of this stay; 0 for none.</param>
    /// <param name="write">Fills the folder.</param>
    public void Checkpoint(int step, int keepEvery, Action<string> write)
    {
        Place(CheckpointPrefix + step, write);
        foreach (
            (int old, string folder) in Checkpoints()
                .Where(checkpoint =>
                    checkpoint.Step != step && (keepEvery == 0 || checkpoint.Step % keepEvery != 0 || checkpoint.Step == 0)
                )
        )
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    /// <summary>Keeps the weights of a step as the best measured so far, in place of those kept before.</summary>
    public void KeepBest(int step, Action<string> write)
    {
        Place(BestPrefix + step, write);
        foreach (string old in Directory.EnumerateDirectories(_path, BestPrefix + "*").Where(folder => folder != BestModel(step)).ToList())
        {
            Directory.Delete(old, recursive: true);
        }
    }

    /// <summary>Where the weights lie that were best at a step.</summary>
    public string BestModel(int step) => Path.Combine(_path, BestPrefix + step);

    /// <summary>Places the finished model by <paramref name="write"/>.</summary>
    public void Finish(Action<string> write) => Place(FinalName, write);

    /// <summary>
    /// Makes a folder inside the run's by <paramref name="write"/>: beside its place first, so that it is there whole or not at all.
    /// </summary>
    public void Place(string name, Action<string> write)
    {
        ArgumentNullException.ThrowIfNull(write);
        string target = Path.Combine(_path, name),
            aside = target + AsideSuffix;
        foreach (string stale in (string[])[aside, target])
        {
            if (Directory.Exists(stale))
            {
                Directory.Delete(stale, recursive: true);
            }
        }

        Directory.CreateDirectory(aside);
        write(aside);
        Directory.Move(aside, target);
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

    private IEnumerable<(int Step, string Folder)> Checkpoints() =>
        [
            .. Directory
                .EnumerateDirectories(_path, CheckpointPrefix + "*")
                .Select(folder =>
                    (Step: int.TryParse(Path.GetFileName(folder).AsSpan(CheckpointPrefix.Length), out int step) ? step : -1, folder)
                )
                .Where(checkpoint => checkpoint.Step >= 0)
                .OrderBy(checkpoint => checkpoint.Step),
        ];
}
