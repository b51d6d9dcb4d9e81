using RewardReasoning.Calibration;

namespace RewardReasoning.Cli.Output;

/// <summary>What a run was made with, beside what it wrote: enough to repeat it, and to see later what it was.</summary>
internal sealed record RunSettingsJson
{
    public required string Version { get; init; }

    /// <summary>The command line as it was given.</summary>
    public required IReadOnlyList<string> Command { get; init; }

    public required DateTimeOffset Started { get; init; }

    public required string Model { get; init; }

    public required long Seed { get; init; }

    public required VotingSettings Judging { get; init; }

    /// <summary>Whether confidence was calibrated.</summary>
    public required bool Calibrated { get; init; }

    /// <summary>The files that were read; none for standard input.</summary>
    public required IReadOnlyList<InputFileJson> Inputs { get; init; }

    public string? Shard { get; init; }

    public int? Limit { get; init; }

    /// <summary>Settings of the verb itself that its rows hang on, by the names of their options.</summary>
    public IReadOnlyDictionary<string, string> Options { get; init; } = new Dictionary<string, string>();

    /// <summary>Null while the run goes on, and after one that was killed.</summary>
    public RunEndJson? End { get; init; }

    /// <summary>What of the settings that rows hang on is another here than there, for people.</summary>
    public IEnumerable<string> DifferencesFrom(RunSettingsJson other) =>
        [
            .. Difference("model", Model, other.Model),
            .. Difference("seed", $"{Seed}", $"{other.Seed}"),
            .. Judging.DifferencesFrom(other.Judging),
            .. Calibrated == other.Calibrated
                ? Array.Empty<string>()
                : [Calibrated ? "calibrated instead of not" : "not calibrated instead of calibrated"],
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
internal sealed record InputFileJson(string Path, long Bytes, string Sha256);

/// <summary>How a run ended: whether all rows were written, when, and how many.</summary>
internal sealed record RunEndJson(bool Complete, DateTimeOffset At, long Rows);
