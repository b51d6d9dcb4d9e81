using RewardReasoning.Judging;

namespace RewardReasoning.Server.Rewards;

/// <summary>Which judge gave a reward: rewards are comparable where all of this is equal.</summary>
/// <param name="Model">The model's name, for people.</param>
/// <param name="Identity">Hash of the weights, or the model behind endpoints.</param>
/// <param name="Prompt">SHA-256 of the prompt's template.</param>
/// <param name="Temperature">Of sampling.</param>
/// <param name="TopP">Of sampling.</param>
/// <param name="MaxTokens">The most tokens of a completion; 0 for a model that writes none.</param>
/// <param name="Votes">Votes of a match.</param>
/// <param name="Order">Which response a vote is shown first.</param>
/// <param name="Stopping">When voting ends.</param>
/// <param name="Seed">From which the seeds of votes are made.</param>
/// <param name="Calibrated">Whether confidences are calibrated.</param>
/// <param name="Abstains">The risk above which it abstains, and how that is meant; null for a judge that never abstains.</param>
internal sealed record JudgeFingerprint(
    string Model,
    string Identity,
    string Prompt,
    double Temperature,
    double TopP,
    int MaxTokens,
    int Votes,
    string Order,
    string Stopping,
    long Seed,
    bool Calibrated,
    string? Abstains = null
);

/// <summary>The judge of a reward service, with what the service has to know about it.</summary>
internal sealed record RewardJudge
{
    /// <summary>Decides matches.</summary>
    public required IJudge Judge { get; init; }

    /// <summary>What one response is worth, 0 to 1, not a number where that is missing; null where the judge only compares.</summary>
    public Func<string, string, CancellationToken, Task<double>>? Score { get; init; }

    /// <summary>Matches that are judged at once.</summary>
    public required int Concurrency { get; init; }

    /// <summary>Its fingerprint; the identity of a large folder is read when it is first asked for.</summary>
    public required Lazy<JudgeFingerprint> Fingerprint { get; init; }

    /// <summary>The most tokens of one completion; 0 for a judge that writes none.</summary>
    public int MaxTokens { get; init; }

    /// <summary>Seed of pairings where not everybody meets everybody.</summary>
    public long Seed { get; init; } = 42;

    /// <summary>An opened judge, which the caller disposes.</summary>
    /// <param name="opened">The judge.</param>
    /// <param name="decides">Decides in its place, such as one that records what it decided.</param>
    public static RewardJudge Of(OpenedJudge opened, IJudge decides) =>
        new()
        {
            Judge = decides,
            Score = opened.Score,
            Concurrency = Math.Max(1, opened.Concurrency),
            MaxTokens = opened.Voting.MaxTokens,
            Seed = opened.Seed,
            Fingerprint = new(() =>
                new(
                    opened.Name,
                    opened.Identity,
                    opened.Voting.Prompt,
                    opened.Voting.Temperature,
                    opened.Voting.TopP,
                    opened.Voting.MaxTokens,
                    opened.Voting.Votes,
                    opened.Voting.Order,
                    opened.Voting.Stopping,
                    opened.Seed,
                    opened.IsCalibrated,
                    opened.Abstains?.ToString()
                )
            ),
        };
}
