using RewardReasoning.Calibration;

namespace RewardReasoning.Judging;

/// <summary>
/// A judge whose confidence has a fit to labelled pairs; all else of its judgments is its own. It does not own the judge.
/// </summary>
/// <param name="judge">Any judge, such as a scalar reward model.</param>
/// <param name="map">Fitted to the confidences of just this judge.</param>
internal sealed class CalibratedJudge(IJudge judge, ConfidenceMap map) : IJudge
{
    /// <inheritdoc/>
    public async Task<Judgment> JudgeAsync(Comparison comparison, CancellationToken cancellationToken = default)
    {
        Judgment judgment = await judge.JudgeAsync(comparison, cancellationToken).ConfigureAwait(false);
        return judgment with { CalibratedConfidence = judgment.Confidence is { } confidence ? map.Apply(confidence) : null };
    }
}
