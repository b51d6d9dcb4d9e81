using System.Globalization;
using System.Security.Cryptography;
using System.Text.Json;

namespace RewardReasoning.Calibration;

/// <summary>
/// The settings of a judge on which its confidence depends. A calibration holds for equal settings only: nine votes mean something else
/// than one, and so does a vote at another temperature or with another prompt. Seed and concurrency do not matter.
/// </summary>
public sealed record VotingSettings
{
    private const string PromptName = "prompt";
    private const string StubName = "stub";

    /// <summary>The most votes.</summary>
    public required int Votes { get; init; }

    /// <summary>Which response a vote is shown first: <c>hashed</c>, <c>given</c> or <c>both</c>.</summary>
    public required string Order { get; init; }

    /// <summary>When voting ends, such as <c>fixed</c>, <c>certain</c> or <c>0.95</c>.</summary>
    public required string Stopping { get; init; }

    /// <summary>Sampling temperature.</summary>
    public required float Temperature { get; init; }

    /// <summary>Nucleus sampling.</summary>
    public required float TopP { get; init; }

    /// <summary>Sampling from the k most probable tokens; null for off.</summary>
    public int? TopK { get; init; }

    /// <summary>The most tokens of a completion.</summary>
    public required int MaxTokens { get; init; }

    /// <summary>The most tokens of reasoning; null for no budget.</summary>
    public int? ThinkingBudget { get; init; }

    /// <summary>Redraws of an unreadable vote.</summary>
    public required int Redraws { get; init; }

    /// <summary>Votes that a draw may cost.</summary>
    public required int FurtherVotes { get; init; }

    /// <summary>Characters that are kept of a response; null for all.</summary>
    public int? Truncate { get; init; }

    /// <summary>Whether verdicts are read as the released models' own parser does.</summary>
    public bool Strict { get; init; }

    /// <summary>Whether the judge may call a tie.</summary>
    public bool Ties { get; init; }

    /// <summary>Whether the judge has a calculator.</summary>
    public bool Calculator { get; init; }

    /// <summary>SHA-256 of the template, lines ended by line feeds.</summary>
    public required string Prompt { get; init; }

    /// <summary>What is asked before the judge, and from which sureness on it decides; null for nothing.</summary>
    public string? FirstStage { get; init; }

    /// <summary>
    /// SHA-256 of what closes reasoning at its budget and begins a verdict (<c>judge-stub.json</c>); null for the default.
    /// </summary>
    public string? Stub { get; init; }

    /// <summary>Those of a judge that scores each response once and has no votes: nothing about it can be set.</summary>
    public static VotingSettings OfScores { get; } =
        new()
        {
            Votes = 1,
            Order = "none",
            Stopping = "fixed",
            Temperature = 0,
            TopP = 1,
            MaxTokens = 0,
            Redraws = 0,
            FurtherVotes = 0,
            Prompt = "none",
        };

    /// <summary>Those of a jury: what its members are asked, and how they are joined, in one word.</summary>
    /// <param name="description">A hash of all that.</param>
    internal static VotingSettings OfJury(string description) => OfScores with { Order = "jury", Prompt = description };

    /// <summary>
    /// Readable list of the settings that differ: <c>votes 9 instead of 1</c>. Empty where all are equal.
    /// </summary>
    public IEnumerable<string> DifferencesFrom(VotingSettings other)
    {
        ArgumentNullException.ThrowIfNull(other);
        return Named()
            .Zip(other.Named(), (mine, theirs) => (mine.Name, Mine: mine.Value, Theirs: theirs.Value))
            .Where(setting => !Equals(setting.Mine, setting.Theirs))
            .Select(setting =>
                setting.Name is PromptName or StubName
                    ? $"another {setting.Name}"
                    : $"{setting.Name} {Text(setting.Mine)} instead of {Text(setting.Theirs)}"
            );
    }

    /// <summary>All of them in one word.</summary>
    internal string Hash()
    {
        byte[] json = JsonSerializer.SerializeToUtf8Bytes(this, CalibrationJson.Default.VotingSettings);
        return $"sha256:{Convert.ToHexStringLower(SHA256.HashData(json))}";
    }

    private (string Name, object? Value)[] Named() =>
        [
            ("votes", Votes),
            ("order", Order),
            ("stopping", Stopping),
            ("temperature", Temperature),
            ("top-p", TopP),
            ("top-k", TopK),
            ("max tokens", MaxTokens),
            ("thinking budget", ThinkingBudget),
            ("redraws", Redraws),
            ("further votes", FurtherVotes),
            ("truncate", Truncate),
            ("strict", Strict),
            ("ties", Ties),
            ("calculator", Calculator),
            ("first stage", FirstStage),
            (StubName, Stub),
            (PromptName, Prompt),
        ];

    private static string Text(object? value) => value is null ? "none" : Convert.ToString(value, CultureInfo.InvariantCulture) ?? "";
}
