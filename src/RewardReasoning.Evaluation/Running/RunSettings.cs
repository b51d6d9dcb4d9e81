using System.Reflection;
using System.Security.Cryptography;
using System.Text.Json;
using RewardReasoning.Calibration;

namespace RewardReasoning.Evaluation.Running;

/// <summary>The settings that a run was made with, kept beside what it wrote: enough to repeat it, and to see later what it was.</summary>
internal sealed record RunSettings
{
    /// <summary>The version of this library, with its commit.</summary>
    public static string ThisVersion { get; } =
        typeof(RunSettings).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion ?? "unknown";

    public required string Version { get; init; }

    /// <summary>The command line as it was given.</summary>
    public required IReadOnlyList<string> Command { get; init; }

    public required DateTimeOffset Started { get; init; }

    /// <summary>The judge's identity; of a run that asks no model, what it does.</summary>
    public required string Model { get; init; }

    public required long Seed { get; init; }

    /// <summary>How the judge votes; null for a run that asks no model.</summary>
    public required VotingSettings? Judging { get; init; }

    /// <summary>Whether confidence was calibrated.</summary>
    public required bool Calibrated { get; init; }

    /// <summary>The most of the given judgments that may be wrong; null of a judge that never abstains.</summary>
    public string? Abstain { get; init; }

    /// <summary>The files that were read; none for standard input.</summary>
    public required IReadOnlyList<InputFile> Inputs { get; init; }

    public string? Shard { get; init; }

    public int? Limit { get; init; }

    /// <summary>Further settings that affect the rows, by the names of their options.</summary>
    public IReadOnlyDictionary<string, string> Options { get; init; } = new Dictionary<string, string>();

    /// <summary>Null while the run is going on, and after it was killed.</summary>
    public RunEnd? End { get; init; }

    /// <summary>The settings in a file; null if there is none, or none that can be read: then nothing is known of a run there.</summary>
    public static RunSettings? Read(string path)
    {
        try
        {
            return File.Exists(path) ? JsonSerializer.Deserialize(File.ReadAllBytes(path), RunJson.Indented.RunSettings) : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }

    /// <summary>Readable list of the settings that affect the rows and differ between the two runs.</summary>
    public IEnumerable<string> DifferencesFrom(RunSettings other) =>
        [
            .. Difference("model", Model, other.Model),
            .. Difference("seed", $"{Seed}", $"{other.Seed}"),
            .. Judging is not null && other.Judging is not null ? Judging.DifferencesFrom(other.Judging) : [],
            .. Calibrated == other.Calibrated
                ? Array.Empty<string>()
                : [Calibrated ? "calibrated instead of not" : "not calibrated instead of calibrated"],
            .. Difference("abstain", Abstain, other.Abstain),
            .. Inputs.Select(input => input.Sha256).SequenceEqual(other.Inputs.Select(input => input.Sha256))
                ? Array.Empty<string>()
                : ["other input files"],
            .. Difference("shard", Shard, other.Shard),
            .. Difference(
                "limit",
                Limit?.ToString(System.Globalization.CultureInfo.InvariantCulture),
                other.Limit?.ToString(System.Globalization.CultureInfo.InvariantCulture)
            ),
            .. Options
                .Keys.Union(other.Options.Keys)
                .Order(StringComparer.Ordinal)
                .SelectMany(name => Difference(name, Options.GetValueOrDefault(name), other.Options.GetValueOrDefault(name))),
        ];

    private static string[] Difference(string name, string? mine, string? theirs) =>
        mine == theirs ? [] : [$"{name} {mine ?? "none"} instead of {theirs ?? "none"}"];
}

/// <summary>A file that a run read.</summary>
internal sealed record InputFile(string Path, long Bytes, string Sha256)
{
    /// <summary>Describes a file by its content.</summary>
    public static async Task<InputFile> ReadAsync(string path, CancellationToken cancellationToken)
    {
        FileStream file = new(
            path,
            FileMode.Open,
            FileAccess.Read,
            FileShare.ReadWrite | FileShare.Delete,
            bufferSize: 1,
            FileOptions.SequentialScan | FileOptions.Asynchronous
        );
        await using (file.ConfigureAwait(false))
        {
            byte[] hash = await SHA256.HashDataAsync(file, cancellationToken).ConfigureAwait(false);
            return new InputFile(path, file.Length, Convert.ToHexStringLower(hash));
        }
    }
}

/// <summary>How a run ended: whether all rows were written, when, and how many.</summary>
internal sealed record RunEnd(bool Complete, DateTimeOffset At, long Rows);
