using Microsoft.Extensions.AI;
using RewardReasoning.Calibration;
using RewardReasoning.Judging;
using RewardReasoning.Training.RewardModels;

namespace RewardReasoning.Cli.Judging;

/// <summary>
/// A judge with what the verbs tell of it: one that thinks, over a model and its store, or a scalar reward model. Disposing it disposes
/// these.
/// </summary>
internal sealed class OpenedJudge : IDisposable
{
    private readonly IDisposable _owned;
    private readonly Func<string> _identity;

    private OpenedJudge(IDisposable owned, Func<string> identity) => (_owned, _identity) = (owned, identity);

    /// <summary>The judge.</summary>
    public required IJudge Judge { get; init; }

    /// <summary>The same where it thinks; null for a scalar reward model.</summary>
    public ReasoningJudge? Thinking { get; private init; }

    /// <summary>The model's name, for people.</summary>
    public required string Name { get; init; }

    /// <summary>What the model computes, in one word; a large folder is read for it.</summary>
    public string Identity => _identity();

    /// <summary>The settings that its confidence hangs on.</summary>
    public required VotingSettings Voting { get; init; }

    /// <summary>How many votes a comparison may take, in completions.</summary>
    public required int MaxVotes { get; init; }

    /// <summary>Whether its confidence has a fit.</summary>
    public required bool IsCalibrated { get; init; }

    /// <summary>Why the calibrations that were given do not hold for it; null where one does, or none was given.</summary>
    public required string? CalibrationFault { get; init; }

    /// <summary>A judge that thinks, over a client that it owns from now on.</summary>
    public static OpenedJudge Over(IChatClient client, JudgeOptions options)
    {
        ReasoningJudge judge = new(client, options);
        return new OpenedJudge(client, () => ChatOptionKeys.ModelIdentityOf(client))
        {
            Judge = judge,
            Thinking = judge,
            Name = (client.GetService(typeof(ChatClientMetadata)) as ChatClientMetadata)?.DefaultModelId ?? "unknown",
            Voting = VotingSettings.Of(options),
            MaxVotes = options.Order.Completions(options.Votes),
            IsCalibrated = options.Calibration is not null && judge.CalibrationFault is null,
            CalibrationFault = judge.CalibrationFault,
        };
    }

    /// <summary>A scalar reward model, which it owns from now on.</summary>
    public static OpenedJudge Over(ScalarJudge scalar, CalibrationFile? calibration)
    {
        (ConfidenceMap? map, string? fault) = calibration?.MapFor(scalar.Identity, VotingSettings.OfScores) ?? (null, null);
        return new OpenedJudge(scalar, () => scalar.Identity)
        {
            Judge = map is null ? scalar : new CalibratedJudge(scalar, map),
            Name = scalar.Name,
            Voting = VotingSettings.OfScores,
            MaxVotes = 0,
            IsCalibrated = map is not null,
            CalibrationFault = fault,
        };
    }

    /// <inheritdoc/>
    public void Dispose() => _owned.Dispose();
}
