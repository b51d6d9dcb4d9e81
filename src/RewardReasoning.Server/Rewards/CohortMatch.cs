using RewardReasoning.Ratings;

namespace RewardReasoning.Server.Rewards;

/// <summary>
/// Two candidates of a cohort before the judge, or one that a scalar model scores (then it has no second). Guarded by the service's lock.
/// </summary>
internal sealed class CohortMatch(Cohort cohort, int first, int second)
{
    public const int Nobody = -1;

    public Cohort Cohort => cohort;

    public int First => first;

    public int Second => second;

    /// <summary>Whether it was given to the judge and holds one of its places.</summary>
    public bool IsRunning { get; set; }

    public bool HasEnded { get; private set; }

    public MatchOutcome Outcome { get; private set; }

    public double? Score { get; private set; }

    public FailureClass? Failure { get; private set; }

    public Usage Usage { get; private set; } = Usage.None;

    public TimeSpan Elapsed { get; private set; }

    /// <summary>Stops the judge's work on it.</summary>
    public CancellationTokenSource Stop { get; } = new();

    /// <summary>Ends it; a second end changes nothing.</summary>
    public bool End(MatchEnd end)
    {
        if (HasEnded)
        {
            return false;
        }

        HasEnded = true;
        (Outcome, Score, Failure, Usage, Elapsed) = (end.Outcome, end.Score, end.Failure, end.Usage, end.Elapsed);
        return true;
    }

    public bool Has(int candidate) => first == candidate || second == candidate;
}

/// <summary>How a match ended.</summary>
internal sealed record MatchEnd(MatchOutcome Outcome, FailureClass? Failure, Usage Usage, TimeSpan Elapsed)
{
    public double? Score { get; init; }

    public static MatchEnd Failed(FailureClass failure) => new(MatchOutcome.Missing, failure, Usage.None, TimeSpan.Zero);
}
