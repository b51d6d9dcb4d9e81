namespace RewardReasoning.Training.Policies;

/// <summary>A judge that is not asked about guarded responses: one loses against any other, and two of them have no winner.</summary>
internal sealed class GuardedJudge(IJudge judge, IReadOnlySet<string> guarded) : IJudge
{
    private readonly Lock _lock = new();
    private int _asked;
    private int _decided;
    private Usage _usage = Usage.None;
    private Exception? _failure;

    /// <summary>The first failure of the judge; null if it never failed.</summary>
    public Exception? Failure => _failure;

    /// <summary>What the judge was asked, and how much of it has a winner, whatever became of the ranking.</summary>
    public (int Asked, int Decided, Usage Usage) Count()
    {
        lock (_lock)
        {
            return (_asked, _decided, _usage);
        }
    }

    public Task<Judgment> JudgeAsync(Comparison comparison, CancellationToken cancellationToken = default) =>
        (guarded.Contains(comparison.Response1), guarded.Contains(comparison.Response2)) switch
        {
            (false, false) => AskAsync(comparison, cancellationToken),
            (true, true) => Task.FromResult(Decided(null)),
            (true, false) => Task.FromResult(Decided(Verdict.Second)),
            (false, true) => Task.FromResult(Decided(Verdict.First)),
        };

    private static Judgment Decided(Verdict? preferred) =>
        new()
        {
            Preferred = preferred,
            Votes = [],
            Usage = Usage.None,
            Model = "guard",
            MissingReason = preferred is null ? "Neither response may be shown to the judge." : null,
        };

    private async Task<Judgment> AskAsync(Comparison comparison, CancellationToken cancellationToken)
    {
        lock (_lock)
        {
            _asked++;
        }

        try
        {
            Judgment judgment = await judge.JudgeAsync(comparison, cancellationToken).ConfigureAwait(false);
            lock (_lock)
            {
                _decided += judgment.Preferred is null ? 0 : 1;
                _usage += judgment.Usage;
            }

            return judgment;
        }
        catch (Exception failure) when (!cancellationToken.IsCancellationRequested)
        {
            Interlocked.CompareExchange(ref _failure, failure, null);
            throw;
        }
    }
}
