namespace RewardReasoning.Judging;

/// <summary>
/// Two judges one after the other: a cheap one decides what it is sure of, and only the rest is left to an expensive one. The cheap judge
/// is
/// asked first about everything, so it should cost next to nothing.
/// </summary>
public sealed class ScreenedJudge : IRepeatableJudge
{
    private readonly IJudge _screen;
    private readonly IJudge _judge;
    private readonly double _certainty;

    /// <summary>Joins two judges, neither of which it owns.</summary>
    /// <param name="screen">The cheap one, such as a scalar reward model.</param>
    /// <param name="judge">The one that thinks; where it is an <see cref="IRepeatableJudge"/>, repetitions are handed on.</param>
    /// <param name="certainty">Confidence from which on the cheap one decides; above ½, and 1 leaves nearly everything to the
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
        Judgment quick = await _screen.JudgeAsync(comparison, cancellationToken).ConfigureAwait(false);
        if (quick is { Preferred: not null, DrawBrokenBy: DrawBreak.None } && quick.Confidence >= _certainty)
        {
            return quick;
        }

        return _judge is IRepeatableJudge repeatable
            ? await repeatable.JudgeAsync(comparison, repetition, cancellationToken).ConfigureAwait(false)
            : await _judge.JudgeAsync(comparison, cancellationToken).ConfigureAwait(false);
    }
}
