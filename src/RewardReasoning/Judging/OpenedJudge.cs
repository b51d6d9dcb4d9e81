using Microsoft.Extensions.AI;
using RewardReasoning.Calibration;

namespace RewardReasoning.Judging;

/// <summary>
/// A judge with the model that it holds open and what is known about both. Disposing it disposes the model. <see cref="JudgeFactory"/>
/// opens one.
/// </summary>
public sealed class OpenedJudge : IJudge, IDisposable
{
    private readonly IDisposable _owned;
    private readonly Func<string> _identity;

    internal OpenedJudge(IDisposable owned, Func<string> identity) => (_owned, _identity) = (owned, identity);

    /// <summary>The judge itself; rankings ask whether it can judge a comparison again (<see cref="IRepeatableJudge"/>).</summary>
    public required IJudge Judge { get; init; }

    /// <summary>The same judge if it reasons, which can stream its reasoning; null for a scalar reward model, a jury, and a judge with a
    /// first stage.</summary>
    public ReasoningJudge? Reasoning { get; internal init; }

    /// <summary>The client that it asks, which is this judge's own; null for a scalar reward model or a jury.</summary>
    public IChatClient? Client { get; internal init; }

    /// <summary>The scalar reward model, which can score a response by itself; null for a judge that reasons.</summary>
    internal IScalarJudge? Scalar { get; init; }

    /// <summary>
    /// What a response by itself is worth, 0 to 1: the sigmoid of a scalar reward model's score, or a total by criteria. Not a number where
    /// that is missing; null for a judge that only compares.
    /// </summary>
    internal Func<string, string, CancellationToken, Task<double>>? Score { get; init; }

    /// <summary>How it votes, with what the model's files brought; null for a judge without votes.</summary>
    internal JudgeOptions? Options { get; init; }

    /// <summary>The two stages of a judge with a first one, which this judge joins; null for others.</summary>
    internal ScreenedJudge? Screened { get; init; }

    /// <summary>The judge after a first stage; null where there is none.</summary>
    internal OpenedJudge? AfterFirst { get; init; }

    /// <summary>Whether several judges judge as one.</summary>
    internal bool IsJury { get; init; }

    /// <summary>The model's name, for people.</summary>
    public required string Name { get; init; }

    /// <summary>What the model computes, in one word (a hash for a folder). A large folder is read when this is first asked for.</summary>
    public string Identity => _identity();

    /// <summary>The settings that the judge's confidence depends on; a calibration holds for equal ones only.</summary>
    public required VotingSettings Voting { get; init; }

    /// <summary>The base seed of its votes; what a scalar reward model says depends on none.</summary>
    public required long Seed { get; init; }

    /// <summary>The most completions that one comparison may take; 0 for a scalar reward model.</summary>
    public required int MaxVotes { get; init; }

    /// <summary>How many comparisons to judge at once so that the model is kept busy.</summary>
    public required int Concurrency { get; init; }

    /// <summary>What the model can judge; null where it does not say.</summary>
    public JudgeDomain? Domain { get; internal init; }

    /// <summary>Whether its confidence is calibrated.</summary>
    public required bool IsCalibrated { get; init; }

    /// <summary>Why the given calibration does not apply to this judge; null where it applies, or none was given.</summary>
    public required string? CalibrationFault { get; init; }

    /// <summary>The most of its given judgments that may be wrong: it abstains from others. Null for a judge that never abstains.</summary>
    public AbstentionTarget? Abstains { get; internal init; }

    /// <inheritdoc/>
    public Task<Judgment> JudgeAsync(Comparison comparison, CancellationToken cancellationToken = default) =>
        Judge.JudgeAsync(comparison, cancellationToken);

    /// <inheritdoc/>
    public void Dispose() => _owned.Dispose();
}
