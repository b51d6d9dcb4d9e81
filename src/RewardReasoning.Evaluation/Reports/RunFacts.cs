using System.Globalization;
using System.Text.Json.Serialization;
using RewardReasoning.Calibration;
using RewardReasoning.Evaluation.Running;

namespace RewardReasoning.Evaluation.Reports;

/// <summary>How a run was made: when, with which version, seed, data, judge and settings. What was not recorded is null or empty.</summary>
internal sealed record RunFacts
{
    private const int ShownHash = 12;

    /// <summary>When it began.</summary>
    public DateTimeOffset? Started { get; init; }

    /// <summary>When it ended.</summary>
    public DateTimeOffset? Ended { get; init; }

    /// <summary>Whether every item was written; false of a run that was stopped.</summary>
    public bool? Complete { get; init; }

    /// <summary>The version of rrm.</summary>
    public string? Version { get; init; }

    /// <summary>Base seed of the judge.</summary>
    public long? Seed { get; init; }

    /// <summary>The files that were read.</summary>
    public IReadOnlyList<InputFile> Data { get; init; } = [];

    /// <summary>Name of the judge.</summary>
    public string? Judge { get; init; }

    /// <summary>Identity of the judge's model, as a store names it.</summary>
    public string? Model { get; init; }

    /// <summary>How the judge voted; null where nothing voted.</summary>
    public VotingSettings? Judging { get; init; }

    /// <summary>Only this part of the rows was read.</summary>
    public string? Shard { get; init; }

    /// <summary>The most items that were taken.</summary>
    public int? Limit { get; init; }

    /// <summary>Further settings, by the names of their options.</summary>
    public IReadOnlyDictionary<string, string> Options { get; init; } = new Dictionary<string, string>();

    /// <summary>The command line.</summary>
    public IReadOnlyList<string> Command { get; init; } = [];

    /// <summary>The facts of a run.</summary>
    /// <param name="settings">What it recorded; null of a run that recorded nothing, such as one of an earlier version.</param>
    /// <param name="judge">Name of the judge, from its report.</param>
    /// <param name="judging">How it voted, from its report.</param>
    public static RunFacts Of(RunSettings? settings, string? judge, VotingSettings? judging) =>
        new()
        {
            Started = settings?.Started,
            Ended = settings?.End?.At,
            Complete = settings?.End?.Complete,
            Version = settings?.Version,
            Seed = settings is { Judging: not null } ? settings.Seed : null,
            Data = settings?.Inputs ?? [],
            Judge = judge,
            Model = settings?.Model is { } model && model != "none" ? model : null,
            Judging = judging ?? settings?.Judging,
            Shard = settings?.Shard,
            Limit = settings?.Limit,
            Options = settings?.Options ?? new Dictionary<string, string>(),
            Command = settings?.Command ?? [],
        };

    /// <summary>The facts by name, as a page lists them.</summary>
    [JsonIgnore]
    public IReadOnlyList<(string Name, string Value)> Rows =>
        [
            .. IsRecorded ? Recorded : [("date, version, seed, data", "not recorded")],
            ("judge", Judge ?? "none"),
            ("settings", Judging is null ? "none recorded" : Describe(Judging)),
            .. Further.Length > 0 ? [("further settings", Further)] : Array.Empty<(string, string)>(),
            .. Model is { } model && model != Judge ? [("model identity", model)] : Array.Empty<(string, string)>(),
            .. Command.Count > 0 ? [("command", string.Join(' ', Command.Select(Quoted)))] : Array.Empty<(string, string)>(),
        ];

    /// <summary>Whether the run left anything about how it was made.</summary>
    private bool IsRecorded => Started is not null || Version is not null || Data.Count > 0;

    private (string Name, string Value)[] Recorded =>
        [
            ("date", Started is { } started ? $"{Time(started)}{Took}" : "not recorded"),
            ("version", Version is null ? "not recorded" : Short(Version)),
            (
                "seed",
                Seed is { } seed ? seed.ToString(CultureInfo.InvariantCulture)
                : Judging is null ? "none"
                : "not recorded"
            ),
            ("data", Data.Count == 0 ? "not recorded" : string.Join("; ", Data.Select(Describe))),
        ];

    /// <summary>The facts in one line, for a comment on a change.</summary>
    [JsonIgnore]
    public string Line =>
        string.Join(", ", Rows.Where(row => row.Name is not ("command" or "model identity")).Select(row => $"{row.Name} {row.Value}"));

    private string Took =>
        (Started, Ended) is ({ } from, { } to) && to >= from
            ? ReportText.Invariant($", took {Duration(to - from)}{(Complete == false ? ", stopped early" : "")}")
            : "";

    private string Further =>
        string.Join(
            ", ",
            new[] { Limit is { } limit ? ReportText.Invariant($"limit {limit}") : "", Shard is { } shard ? $"shard {shard}" : "" }
                .Concat(Options.Where(option => option.Key != "benchmark").Select(option => $"{option.Key} {option.Value}"))
                .Where(text => text.Length > 0)
        );

    private static string Time(DateTimeOffset at) => at.ToUniversalTime().ToString("yyyy-MM-dd HH:mm 'UTC'", CultureInfo.InvariantCulture);

    private static string Duration(TimeSpan time) =>
        time.TotalSeconds < 100 ? ReportText.Invariant($"{time.TotalSeconds:0.#} s")
        : time.TotalMinutes < 100 ? ReportText.Invariant($"{time.TotalMinutes:0} min")
        : ReportText.Invariant($"{time.TotalHours:0.#} h");

    private static string Describe(InputFile file) =>
        $"{Path.GetFileName(file.Path)} ({ReportText.Count(file.Bytes)} bytes, SHA-256 {Hash(file.Sha256)})";

    /// <summary>A version with the first digits of its commit.</summary>
    private static string Short(string version)
    {
        int commit = version.IndexOf('+') + 1;
        return commit > 0 && version.Length > commit + ShownHash ? version[..(commit + ShownHash)] : version;
    }

    private static string Hash(string hash)
    {
        string digits = hash[(hash.IndexOf(':') + 1)..];
        return digits.Length > ShownHash ? $"{digits[..ShownHash]}…" : digits;
    }

    private static string Describe(VotingSettings settings) =>
        settings == VotingSettings.OfScores
            ? "one score a response, no votes"
            : string.Join(
                ", ",
                new[]
                {
                    ReportText.Count(settings.Votes, "vote", "votes"),
                    $"order {settings.Order}",
                    $"stopping {settings.Stopping}",
                    ReportText.Invariant($"temperature {settings.Temperature:0.##}"),
                    ReportText.Invariant($"top-p {settings.TopP:0.##}"),
                    settings.TopK is { } top ? ReportText.Invariant($"top-k {top}") : "",
                    $"at most {ReportText.Count(settings.MaxTokens)} tokens a completion",
                    settings.ThinkingBudget is { } budget ? $"thinking budget {ReportText.Count(budget)} tokens" : "no thinking budget",
                    $"prompt {Hash(settings.Prompt)}",
                }.Where(text => text.Length > 0)
            );

    private static string Quoted(string argument) =>
        argument.Length > 0 && argument.All(character => char.IsAsciiLetterOrDigit(character) || "-_./:=,+@%*?".Contains(character))
            ? argument
            : $"'{argument.Replace("'", "'\\''", StringComparison.Ordinal)}'";
}
