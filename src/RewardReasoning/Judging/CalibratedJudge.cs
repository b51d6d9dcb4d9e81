using RewardReasoning.Calibration;

namespace RewardReasoning.Judging;

/// <summary>
/// A judge with what was fitted to labelled pairs: a map of its confidence, and the uncertainty above which it abstains. All else of its
/// judgments is its own. It does not own the judge.
/// </summary>
/// <param name="judge">Any judge, such as a scalar reward model.</param>
/// <param name="map">Fitted to the confidences of just this judge; null for none.</param>
/// <param name="abstention">When it abstains; null for never.</param>
internal sealed class CalibratedJudge(IJudge judge, ConfidenceMap? map, Abstention? abstention = null) : IJudge
{
    /// <inheritdoc/>
    public async Task<Judgment> JudgeAsync(Comparison comparison, CancellationToken cancellationToken = default)
    {
        Judgment judgment = await judge.JudgeAsync(comparison, cancellationToken).ConfigureAwait(false);
        if (map is not null)
        {
            judgment = judgment with { CalibratedConfidence = judgment.Confidence is { } confidence ? map.Apply(confidence) : null };
        }

        return abstention?.Apply(judgment) ?? judgment;
    }
}
