namespace RewardReasoning.Server.Rewards;

/// <summary>
/// A member of a cohort. Guarded by the service's lock, but for <see cref="Final"/>, its connections and whether it is answered.
/// </summary>
internal sealed class CohortMember(Cohort cohort, int index, string id, byte[] hash, string response, DateTimeOffset arrivedAt)
{
    private readonly TaskCompletionSource<RewardAnswer> _final = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _connections;
    private volatile bool _isAnswered;

    public Cohort Cohort => cohort;

    public int Index => index;

    public string Id => id;

    public byte[] Hash => hash;

    public string Response => response;

    public DateTimeOffset ArrivedAt => arrivedAt;

    /// <summary>Which of the cohort's distinct responses it has; -1 before it was kept.</summary>
    public int Candidate { get; set; } = -1;

    public bool HasArrived => Candidate >= 0;

    /// <summary>Done when the member is kept and takes part.</summary>
    public Task Kept { get; set; } = Task.CompletedTask;

    /// <summary>Requests about it that are open now.</summary>
    public int Connections => Volatile.Read(ref _connections);

    /// <summary>Whether it counts among those that the service holds open.</summary>
    public bool IsCounted { get; set; }

    /// <summary>Whether any answer was sent, so that an equal request without a group's name is another member.</summary>
    public bool IsAnswered
    {
        get => _isAnswered;
        set => _isAnswered = value;
    }

    /// <summary>Whether its connections are gone and none was answered; answers come first, so connections are asked first.</summary>
    public bool IsLost => Connections == 0 && !IsAnswered;

    /// <summary>Its answer once its cohort is closed and the answers are kept.</summary>
    public Task<RewardAnswer> Final => _final.Task;

    /// <summary>A request about it has come.</summary>
    public void Connect() => Interlocked.Increment(ref _connections);

    /// <summary>A request about it is gone.</summary>
    public void Disconnect() => Interlocked.Decrement(ref _connections);

    public void Finish(RewardAnswer answer) => _final.TrySetResult(answer);

    /// <summary>It will not be answered here; whoever waits for it is told why.</summary>
    public void Lose(RewardReasoningException why)
    {
        if (_final.TrySetException(why))
        {
            _ = _final.Task.Exception; // seen, whether somebody waits or not
        }
    }
}
