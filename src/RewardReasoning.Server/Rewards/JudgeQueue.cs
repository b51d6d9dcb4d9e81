namespace RewardReasoning.Server.Rewards;

/// <summary>
/// Matches that wait for one of the judge's places, those of the oldest cohort first, so that a cohort that has begun is not held up by
/// younger ones. For callers that hold the gate.
/// </summary>
internal sealed class JudgeQueue(int places, Action<CohortMatch> start)
{
    private readonly PriorityQueue<CohortMatch, (long Cohort, long Order)> _waiting = new();
    private long _order;

    /// <summary>Matches with the judge.</summary>
    public int Running { get; private set; }

    /// <summary>Matches that wait; some may have been given up.</summary>
    public int Waiting => _waiting.Count;

    public void Enqueue(CohortMatch match)
    {
        _waiting.Enqueue(match, (match.Cohort.Number, _order++));
        Start();
    }

    public void Release()
    {
        Running--;
        Start();
    }

    private void Start()
    {
        while (Running < places && _waiting.TryDequeue(out CohortMatch? match, out _))
        {
            if (!match.HasEnded)
            {
                Running++;
                start(match);
            }
        }
    }
}
