using System.CommandLine;
using System.Reflection;
using System.Security.Cryptography;
using System.Text.Json;
using RewardReasoning.Cli.Output;
using RewardReasoning.Data.Rows;
using RewardReasoning.IO;
using RewardReasoning.Judging;

namespace RewardReasoning.Cli.Scoring;

/// <summary>
/// The settings of a run, kept beside the file of its rows (<see cref="Ending"/>) wherever that is: while it is written, where it stays
/// when a run ended early, and at the end. A run that did not end is gone on with under the same settings only.
/// </summary>
internal sealed class RunRecord
{
    /// <summary>What is added to the name of the file of rows.</summary>
    public const string Ending = ".run.json";

    private readonly string _output;
    private readonly TimeProvider _time;
    private RunSettingsJson _settings;

    private RunRecord(string output, RunSettingsJson settings, TimeProvider time)
    {
        _output = output;
        _settings = settings;
        _time = time;
    }

    private string WhileWritten => _output + RowFileWriter.PartialEnding + Ending;

    /// <summary>
    /// A record of a run to come; nothing is written yet. Null where rows go to standard output or to a device: nothing can stand beside
    /// it.
    /// </summary>
    /// <param name="output">Where the rows go.</param>
    /// <param name="parsed">The command line.</param>
    /// <param name="rows">The rows to be read; files are hashed.</param>
    /// <param name="judge">The judge.</param>
    /// <param name="seed">Of all its chance.</param>
    /// <param name="verbOptions">Settings of the verb itself that its rows hang on.</param>
    /// <param name="time">The clock.</param>
    /// <param name="cancellationToken">Ends the attempt.</param>
    /// <exception cref="UsageException">A run with other settings was begun there and did not end.</exception>
    public static async Task<RunRecord?> OpenAsync(
        string output,
        ParseResult parsed,
        SelectedRows rows,
        OpenedJudge judge,
        long seed,
        IReadOnlyDictionary<string, string> verbOptions,
        TimeProvider time,
        CancellationToken cancellationToken
    )
    {
        if (output == RowInput.StandardStream || !AtomicFile.IsReplaceable(output))
        {
            return null;
        }

        RunSettingsJson settings = new()
        {
            Version =
                typeof(RunRecord).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion ?? "unknown",
            Command = ["rrm", .. parsed.Tokens.Select(token => token.Value)],
            Started = time.GetUtcNow(),
            Model = judge.Identity,
            Seed = seed,
            Judging = judge.Voting,
            Calibrated = judge.IsCalibrated,
            Inputs = [.. await Task.WhenAll(rows.Input.Paths.Select(path => DescribeAsync(path, cancellationToken)))],
            Shard = rows.Shard?.ToString(),
            Limit = rows.Limit,
            Options = verbOptions,
        };
        RunRecord record = new(output, settings, time);
        foreach (string path in new[] { record.WhileWritten, output + Ending })
        {
            if (
                Read(path) is { End: not { Complete: true } } before
                && settings.DifferencesFrom(before).ToArray() is { Length: > 0 } differences
            )
            {
                throw new UsageException(
                    $"A run to '{output}' was begun with other settings and did not end: here {string.Join(", ", differences)}. Give its settings to go on with it ('{path}' has them), name another --out, or remove that file to begin anew."
                );
            }
        }

        return record;
    }

    /// <summary>Writes the settings beside the rows that are being written.</summary>
    public void Begin() => Write(WhileWritten);

    /// <summary>Adds how the run ended, and puts the settings where the rows are now.</summary>
    /// <param name="complete">Whether every row was written.</param>
    /// <param name="rows">How many were.</param>
    /// <param name="leftAt">Where the rows stay when they could not take their file's place; null when they did.</param>
    public void End(bool complete, long rows, string? leftAt)
    {
        _settings = _settings with { End = new RunEndJson(complete, _time.GetUtcNow(), rows) };
        Write(WhileWritten);
        if (leftAt is null)
        {
            File.Move(WhileWritten, _output + Ending, overwrite: true);
        }
    }

    private static async Task<InputFileJson> DescribeAsync(string path, CancellationToken cancellationToken)
    {
        FileStream file = new(
            path,
            FileMode.Open,
            FileAccess.Read,
            FileShare.ReadWrite | FileShare.Delete,
            bufferSize: 1,
            FileOptions.SequentialScan | FileOptions.Asynchronous
        );
        await using (file)
        {
            byte[] hash = await SHA256.HashDataAsync(file, cancellationToken);
            return new InputFileJson(path, file.Length, Convert.ToHexStringLower(hash));
        }
    }

    /// <summary>The settings in a file; null where there is none, or none that can be read: then nothing is known of a run there.</summary>
    private static RunSettingsJson? Read(string path)
    {
        try
        {
            return File.Exists(path) ? JsonSerializer.Deserialize(File.ReadAllBytes(path), OutputJson.Indented.RunSettingsJson) : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private void Write(string path) =>
        AtomicFile.WriteAllText(path, JsonSerializer.Serialize(_settings, OutputJson.Indented.RunSettingsJson) + "\n");
}
