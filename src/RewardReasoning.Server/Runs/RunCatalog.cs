using System.Collections.Concurrent;
using System.Text.Json;
using RewardReasoning.Evaluation.Running;
using RewardReasoning.IO;

namespace RewardReasoning.Server.Runs;

/// <summary>A run in a watched folder.</summary>
/// <param name="Name">Its path below the folder, with slashes.</param>
/// <param name="Kind"><c>training</c>, <c>bench</c>, <c>arena</c>, <c>probes</c>, <c>score</c> or <c>ratings</c>.</param>
/// <param name="State"><c>finished</c>, <c>running</c> (a process holds it) or <c>unfinished</c>.</param>
/// <param name="Updated">When it was last written to.</param>
/// <param name="Path">Where it is.</param>
internal sealed record RunEntry(string Name, string Kind, string State, DateTimeOffset Updated, string Path)
{
    public const string Training = "training";
    public const string Finished = "finished";
    public const string Running = "running";
    public const string Unfinished = "unfinished";

    public bool IsTraining => Kind == Training;
}

/// <summary>
/// The runs below a folder: those of <c>rrm train</c>, <c>rrm bench</c> and <c>rrm score</c>. Links are not followed, and nothing is
/// known of a run but what it wrote. Safe to use from many threads.
/// </summary>
internal sealed class RunCatalog(string folder)
{
    private const int Deepest = 4;
    private const int MostRuns = 500;
    private const int MostFolders = 20_000;
    private const string Metrics = "metrics.jsonl";
    private const string Recipe = "recipe.json";

    private static readonly string[] RowFiles = ["judgments.jsonl", "rankings.jsonl", "matches.jsonl"];

    private static readonly EnumerationOptions Real = new()
    {
        AttributesToSkip = FileAttributes.Hidden | FileAttributes.System | FileAttributes.ReparsePoint,
        IgnoreInaccessible = true,
    };

    private readonly ConcurrentDictionary<(string Path, long Written), string?> _kinds = new();

    /// <summary>The runs, those that were written to last first.</summary>
    public IReadOnlyList<RunEntry> List()
    {
        List<RunEntry> found = [];
        Queue<(DirectoryInfo Folder, int Depth)> folders = new([(new DirectoryInfo(folder), 0)]);
        for (int looked = 0; looked < MostFolders && folders.TryDequeue(out (DirectoryInfo Folder, int Depth) next); looked++)
        {
            if (next.Depth > 0 && OfFolder(next.Folder) is { } run)
            {
                found.Add(run);
                continue;
            }

            found.AddRange(FilesOf(next.Folder));
            if (next.Depth < Deepest)
            {
                foreach (DirectoryInfo inner in Existing(() => next.Folder.EnumerateDirectories("*", Real)))
                {
                    folders.Enqueue((inner, next.Depth + 1));
                }
            }
        }

        return [.. found.OrderByDescending(run => run.Updated).ThenBy(run => run.Name, StringComparer.Ordinal).Take(MostRuns)];
    }

    private RunEntry? OfFolder(DirectoryInfo at)
    {
        FileInfo metrics = FileIn(at, Metrics);
        if (metrics.Exists || FileIn(at, Recipe).Exists)
        {
            string state =
                Directory.Exists(Path.Combine(at.FullName, "model")) || Directory.Exists(Path.Combine(at.FullName, "adapter"))
                    ? RunEntry.Finished
                : FileLock.IsNoted(at.FullName) ? RunEntry.Running
                : RunEntry.Unfinished;
            return Entry(at, RunEntry.Training, state, metrics.Exists ? metrics : FileIn(at, Recipe));
        }

        FileInfo report = FileIn(at, LineFile.ReportFile);
        if (report.Exists)
        {
            return KindOf(report) is { } kind ? Entry(at, kind, RunEntry.Finished, report) : null;
        }

        FileInfo? rows = RowFiles.Select(name => FileIn(at, name)).FirstOrDefault(file => file.Exists);
        return rows is null ? null : Entry(at, "bench", FileLock.IsNoted(at.FullName) ? RunEntry.Running : RunEntry.Unfinished, rows);
    }

    private IEnumerable<RunEntry> FilesOf(DirectoryInfo at)
    {
        foreach (FileInfo record in Existing(() => at.EnumerateFiles("*" + RunRecord.Ending, Real)))
        {
            FileInfo rows = new(record.FullName[..^RunRecord.Ending.Length]);
            if (rows.Exists)
            {
                yield return Entry(rows, "score", RunEntry.Finished, rows);
            }
        }

        foreach (FileInfo file in Existing(() => at.EnumerateFiles("*.json", Real)))
        {
            if (!file.Name.EndsWith(RunRecord.Ending, StringComparison.Ordinal) && KindOf(file) == "ratings")
            {
                yield return Entry(file, "ratings", RunEntry.Finished, file);
            }
        }
    }

    private RunEntry Entry(FileSystemInfo at, string kind, string state, FileInfo written) =>
        new(
            Path.GetRelativePath(folder, at.FullName).Replace(Path.DirectorySeparatorChar, '/'),
            kind,
            state,
            written.LastWriteTimeUtc,
            at.FullName
        );

    /// <summary>What a report or a file of ratings is, by the names of its fields; null for anything else.</summary>
    private string? KindOf(FileInfo file)
    {
        const long Largest = 64 << 20;
        return file.Length > Largest ? null : _kinds.GetOrAdd((file.FullName, file.LastWriteTimeUtc.Ticks), _ => Read(file));

        static string? Read(FileInfo file)
        {
            try
            {
                using FileStream stream = file.OpenRead();
                using JsonDocument document = JsonDocument.Parse(stream);
                JsonElement root = document.RootElement;
                bool Has(string name) => root.ValueKind == JsonValueKind.Object && root.TryGetProperty(name, out _);
                return Has("standings") ? "arena"
                    : Has("probes") ? "probes"
                    : Has("benchmark") ? "bench"
                    : Has("ratings") ? "ratings"
                    : null;
            }
            catch (Exception fault) when (fault is JsonException or IOException or UnauthorizedAccessException)
            {
                return null; // it is being written, or is no run
            }
        }
    }

    private static FileInfo FileIn(DirectoryInfo at, string name) => new(Path.Combine(at.FullName, name));

    /// <summary>What is there; nothing where it was removed meanwhile.</summary>
    private static T[] Existing<T>(Func<IEnumerable<T>> look)
    {
        try
        {
            return [.. look()];
        }
        catch (Exception gone) when (gone is IOException or UnauthorizedAccessException)
        {
            return [];
        }
    }
}
