using System.Text.Json;
using RewardReasoning.Data.Rows;
using RewardReasoning.IO;
using RewardReasoning.Judging;

namespace RewardReasoning.Evaluation.Running;

/// <summary>
/// The settings of a run, in a file beside its rows (<see cref="Ending"/>): while they are written, where they stay if the run ended
/// early, and at the end. An unfinished run can only be resumed with the same settings.
/// </summary>
internal sealed class RunRecord
{
    /// <summary>What is added to the name of the file of rows.</summary>
    public const string Ending = ".run.json";

    private readonly string _output;
    private readonly TimeProvider _time;
    private readonly IReadOnlyList<(string Path, long Bytes, DateTime Written)> _inputs;
    private RunSettings _settings;

    private RunRecord(
        string output,
        RunSettings settings,
        IReadOnlyList<(string Path, long Bytes, DateTime Written)> inputs,
        TimeProvider time
    )
    {
        _output = output;
        _settings = settings;
        _inputs = inputs;
        _time = time;
    }

    private string WhileWritten => _output + RowFileWriter.PartialEnding + Ending;

    /// <summary>
    /// A record of a run to come; nothing is written yet. Null where rows go to a stream or a device: nothing can be put beside it.
    /// </summary>
    /// <param name="target">Where the rows go.</param>
    /// <param name="rows">The rows to be read; files are hashed.</param>
    /// <param name="judge">The judge; null for a run that asks no model.</param>
    /// <param name="settings">Further settings that affect the rows, by the names of their options.</param>
    /// <param name="time">The clock.</param>
    /// <param name="cancellationToken">Ends the attempt.</param>
    /// <exception cref="RewardReasoningException">
    /// A file of somebody else, or a run with other settings, is there, and the target does not say that it may be replaced.
    /// </exception>
    public static async Task<RunRecord?> OpenAsync(
        RowTarget target,
        RowSource rows,
        OpenedJudge? judge,
        IReadOnlyDictionary<string, string> settings,
        TimeProvider time,
        CancellationToken cancellationToken
    )
    {
        if (target.Path is not { } output || !AtomicFile.IsReplaceable(output))
        {
            return null;
        }

        (string, long, DateTime)[] inputs = [.. rows.Paths.Select(StateOf)];
        RunSettings mine = new()
        {
            Version = RunSettings.ThisVersion,
            Command = target.Command,
            Started = time.GetUtcNow(),
            Model = judge?.Identity ?? "none",
            Seed = judge?.Seed ?? 0,
            Judging = judge?.Voting,
            Calibrated = judge?.IsCalibrated ?? false,
            Abstain = judge?.Abstains?.ToString(),
            Inputs = await Task.WhenAll(rows.Paths.Select(path => InputFile.ReadAsync(path, cancellationToken))).ConfigureAwait(false),
            Shard = rows.Shard?.ToString(),
            Limit = rows.Limit,
            Options = settings,
        };
        RunRecord record = new(output, mine, inputs, time);
        if (!target.Overwrite)
        {
            record.RequireOurs();
        }

        return record;
    }

    /// <summary>Inputs that are not as they were when the run began.</summary>
    public IReadOnlyList<string> ChangedInputs() =>
        [
            .. _inputs
                .Where(input => StateOf(input.Path) is var now && (now.Bytes, now.Written) != (input.Bytes, input.Written))
                .Select(input => input.Path),
        ];

    /// <summary>
    /// A file is replaced only by the run that wrote it, as the settings beside it show. That holds for an unfinished run too.
    /// </summary>
    private void RequireOurs()
    {
        bool isThere = File.Exists(_output) && new FileInfo(AtomicFile.Resolve(_output)).Length > 0;
        RunSettings? before = RunSettings.Read(_output + Ending);
        if (isThere && before is null)
        {
            throw new RunException(
                $"'{_output}' is there, and nothing beside it ({Path.GetFileName(_output)}{Ending}) says that rrm wrote it. "
                    + "Name another --out, or replace the file with --force."
            );
        }

        foreach ((string path, RunSettings? other) in new[] { (WhileWritten, RunSettings.Read(WhileWritten)), (_output + Ending, before) })
        {
            if (
                other is not null
                && (isThere || other.End is not { Complete: true })
                && _settings.DifferencesFrom(other).ToArray() is { Length: > 0 } differences
            )
            {
                throw new RunException(
                    other.End is { Complete: true }
                        ? $"'{_output}' is from a run with other settings: here {string.Join(", ", differences)}. "
                            + "Name another --out, or replace the file with --force."
                        : $"An unfinished run to '{_output}' had other settings: here {string.Join(", ", differences)}. Resume it with its "
                            + $"own settings ('{path}' lists them), name another --out, or start again with --force."
                );
            }
        }
    }

    /// <summary>Writes the settings beside the rows that are being written.</summary>
    public void Begin() => Write(WhileWritten);

    /// <summary>Adds how the run ended, and puts the settings where the rows are now.</summary>
    /// <param name="complete">Whether every row was written.</param>
    /// <param name="rows">How many were.</param>
    /// <param name="leftAt">Where the rows stay when they could not take their file's place; null when they did.</param>
    public void End(bool complete, long rows, string? leftAt)
    {
        _settings = _settings with { End = new RunEnd(complete, _time.GetUtcNow(), rows) };
        Write(WhileWritten);
        if (leftAt is null)
        {
            File.Move(WhileWritten, _output + Ending, overwrite: true);
        }
    }

    private static (string Path, long Bytes, DateTime Written) StateOf(string path)
    {
        FileInfo file = new(AtomicFile.Resolve(path));
        return file.Exists ? (path, file.Length, file.LastWriteTimeUtc) : (path, 0, default);
    }

    private void Write(string path) =>
        AtomicFile.WriteAllText(path, JsonSerializer.Serialize(_settings, RunJson.Indented.RunSettings) + "\n");
}
