using System.Text.Json;
using RewardReasoning.Data.Rows;
using RewardReasoning.IO;
using RewardReasoning.Judging;

namespace RewardReasoning.Evaluation.Running;

/// <summary>
/// The settings of a run of a benchmark, an arena or probes, kept as <c>run.json</c> in its folder beside the report: when, with which
/// version, seed, data and judge it was made.
/// </summary>
internal sealed class RunFolderSettings
{
    /// <summary>Name of the file.</summary>
    public const string FileName = "run.json";

    private readonly RunSettings _settings;
    private readonly TimeProvider _time;

    private RunFolderSettings(RunSettings settings, TimeProvider time) => (_settings, _time) = (settings, time);

    /// <summary>Settings of a run that begins now; nothing is written yet.</summary>
    /// <param name="folder">Where its results will be.</param>
    /// <param name="data">Files, folders or patterns that are read; anything else is left out.</param>
    /// <param name="judge">The judge; null for a run that asks no model.</param>
    /// <param name="run">Has the clock and the command.</param>
    /// <param name="limit">The most items; null for all.</param>
    /// <param name="options">Further settings that affect the result, by the names of their options.</param>
    /// <param name="cancellationToken">Ends the reading.</param>
    /// <exception cref="RewardReasoningException">The folder has the result of a run with other settings.</exception>
    public static async Task<RunFolderSettings> BeginAsync(
        string folder,
        IEnumerable<string> data,
        OpenedJudge? judge,
        RunOptions run,
        int? limit,
        IReadOnlyDictionary<string, string> options,
        CancellationToken cancellationToken
    )
    {
        IEnumerable<string> files = data.SelectMany(FilesOf).Distinct();
        RunSettings settings = new()
        {
            Version = RunSettings.ThisVersion,
            Command = run.Command,
            Started = run.Time.GetUtcNow(),
            Model = judge?.Identity ?? "none",
            Seed = judge?.Seed ?? 0,
            Judging = judge?.Voting,
            Calibrated = judge?.IsCalibrated ?? false,
            Abstain = judge?.Abstains?.ToString(),
            Inputs = await Task.WhenAll(files.Select(file => InputFile.ReadAsync(file, cancellationToken))).ConfigureAwait(false),
            Limit = limit,
            Options = options,
        };
        if (!run.Overwrite && FaultOf(folder, settings) is { } fault)
        {
            throw new RunException(
                $"The folder '{folder}' holds the result of another run ({fault}). Name another folder, or replace it with --force."
            );
        }

        return new RunFolderSettings(settings, run.Time);
    }

    /// <summary>The settings of the run in a folder; null where it has none that can be read.</summary>
    public static RunSettings? Read(string folder) => RunSettings.Read(Path.Combine(folder, FileName));

    /// <summary>Writes the settings of a run that has ended.</summary>
    public Task WriteAsync(string folder, long items, CancellationToken cancellationToken) =>
        AtomicFile.WriteAllTextAsync(
            Path.Combine(folder, FileName),
            JsonSerializer.Serialize(
                _settings with
                {
                    End = new RunEnd(Complete: true, _time.GetUtcNow(), items),
                },
                RunJson.Indented.RunSettings
            ) + "\n",
            cancellationToken
        );

    /// <summary>Why the result in a folder is not that of a run with these settings; null where it is, or if there is none.</summary>
    private static string? FaultOf(string folder, RunSettings settings) =>
        !File.Exists(Path.Combine(folder, LineFile.ReportFile)) ? null
        : Read(folder) is not { } other ? $"it has a {LineFile.ReportFile} and no {FileName} that can be read"
        : settings.DifferencesFrom(other).ToArray() is { Length: > 0 } differences ? string.Join("; ", differences)
        : null;

    private static IReadOnlyList<string> FilesOf(string data)
    {
        try
        {
            return RowFiles.Find(data);
        }
        catch (FileNotFoundException)
        {
            return []; // such as the name of a baseline, or a folder whose files have endings of their own
        }
    }
}
