namespace RewardReasoning.Training.Policies;

/// <summary>A judge that is not asked about guarded responses: one loses against any other, and two of them have no winner.</summary>
internal sealed class GuardedJudge(IJudge judge, IReadOnlySet<string> guarded) : IJudge
{
    private Exception? _failure;

    /// <summary>The first failure of the judge; null if it never failed.</summary>
    public Exception? Failure => _failure;

    public Task<Judgment> JudgeAsync(Comparison comparison, CancellationToken cancellationToken = default) =>
        (guarded.Contains(comparison.Response1), guarded.Contains(comparison.Response2)) switch
        {
            (false, false) => AskAsync(comparison, cancellationToken),
            (true, true) => Task.FromResult(Decided(null)),
            (true, false) => Task.FromResult(Decided(Verdict.Second)),
            (false, true) => Task.FromResult(Decided(Verdict.First)),
        };

    private static Judgment Decided(Verdict? preferred) => new()
    {
        Preferred = preferred,
        Votes = [],
        Usage = Usage.None,
        Model = "guard",
        MissingReason = preferred is null ? "Neither response may be shown to the judge." : null,
    };

    private async Task<Judgment> AskAsync(Comparison comparison, CancellationToken cancellationToken)
    {
        try
        {
            return await judge.JudgeAsync(comparison, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception failure) when (!cancellationToken.IsCancellationRequested)
        {
            Interlocked.CompareExchange(ref _failure, failure, null);
            throw;
        }
    }
}
