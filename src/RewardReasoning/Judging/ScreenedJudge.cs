namespace RewardReasoning.Judging;

/// <summary>
/// Two judges one after the other: a cheap one decides what it is sure of, and only the rest is left to an expensive one. How sure the
/// cheap one is, is its probability for the response that it prefers, averaged over both orders of the responses: by log-probs at its
/// verdict tokens where it has them, else by its votes; of a scalar reward model by its scores. A judgment says which of the two decided
/// (<see cref="Judgment.IsScreened"/>), and its usage is that of both. Its confidence is not calibrated: a fit to all pairs does not hold
/// for those that are left over.
/// </summary>
public sealed class ScreenedJudge : IRepeatableJudge
{
    /// <summary>Room for rounding: a sureness that was computed in another order of votes is the same one.</summary>
    private const double Rounding = 1e-9;

    private readonly IJudge _screen;
    private readonly IJudge _judge;
    private readonly double _certainty;

    /// <summary>Joins two judges, neither of which it owns.</summary>
    /// <param name="screen">The cheap one, such as a scalar reward model, or the same model without a thought.</param>
    /// <param name="judge">The one that thinks; where it is an <see cref="IRepeatableJudge"/>, repetitions are handed on.</param>
    /// <param name="certainty">Probability from which on the cheap one decides; above ½, and 1 leaves nearly everything to the
    /// other.</param>
    /// <exception cref="ArgumentOutOfRangeException">The certainty is not above ½ and at most 1.</exception>
    public ScreenedJudge(IJudge screen, IJudge judge, double certainty = 0.9)
    {
        ArgumentNullException.ThrowIfNull(screen);
        ArgumentNullException.ThrowIfNull(judge);
        if (certainty is not (> 0.5 and <= 1))
        {
            throw new ArgumentOutOfRangeException(
                nameof(certainty),
                certainty,
                "The screen's certainty must be above 0.5 and at most 1: at 0.5 it would decide everything."
            );
        }

        (_screen, _judge, _certainty) = (screen, judge, certainty);
    }

    /// <inheritdoc/>
    public Task<Judgment> JudgeAsync(Comparison comparison, CancellationToken cancellationToken = default) =>
        JudgeAsync(comparison, repetition: 0, cancellationToken);

    /// <inheritdoc/>
    public async Task<Judgment> JudgeAsync(Comparison comparison, int repetition, CancellationToken cancellationToken = default)
    {
        Judgment? quick = await ScreenAsync(comparison, cancellationToken).ConfigureAwait(false);
        if (quick is not null && Decides(quick))
        {
            return quick with { IsScreened = true, CalibratedConfidence = null };
        }

        Judgment judgment = _judge is IRepeatableJudge repeatable
            ? await repeatable.JudgeAsync(comparison, repetition, cancellationToken).ConfigureAwait(false)
            : await _judge.JudgeAsync(comparison, cancellationToken).ConfigureAwait(false);
        return judgment with { IsScreened = false, CalibratedConfidence = null, Usage = (quick?.Usage ?? Usage.None) + judgment.Usage };
    }

    /// <summary>What the screen says; null where it failed, for then the judge is asked.</summary>
    internal async Task<Judgment?> ScreenAsync(Comparison comparison, CancellationToken cancellationToken)
    {
        try
        {
            return await _screen.JudgeAsync(comparison, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception failure) when (!cancellationToken.IsCancellationRequested && FailurePolicy.ScopeOf(failure) != FailureScope.Run)
        {
            return null;
        }
    }

    /// <summary>Whether the screen's judgment is the result.</summary>
    internal bool Decides(Judgment quick) => SurenessOf(quick) is { } sureness && sureness >= _certainty - (Rounding * (1 - _certainty));

    /// <summary>The screen's probability for what it prefers; null where it prefers nothing, or a coin decided.</summary>
    internal static double? SurenessOf(Judgment quick) =>
        quick is { Preferred: { } preferred, DrawBrokenBy: not DrawBreak.Coin } && PreferenceLean.Of(quick) is { } lean
            ? (1 + (preferred == Verdict.First ? lean : -lean)) / 2
            : null;
}
