namespace RewardReasoning.Server.Rewards;

/// <summary>A request's hold on a member, or a refusal. Disposing it says that the request's connection is gone.</summary>
internal sealed class RewardTicket(RewardService service, CohortMember? member, RewardAnswer? refusal) : IDisposable
{
    private bool _disposed;

    /// <summary>Null for a refusal.</summary>
    public CohortMember? Member => member;

    public bool IsRefused => refusal is not null;

    /// <summary>What is known now.</summary>
    public RewardAnswer Answer => refusal ?? service.AnswerOf(this);

    /// <summary>The mean of the rewards of the member's cohort; null where there is none, or it is open.</summary>
    public double? MeanOfCohort => service.MeanOf(this);

    /// <summary>The answer as soon as it is final, or what is known when the wait is over.</summary>
    public Task<RewardAnswer> WaitAsync(TimeSpan wait, CancellationToken cancellationToken) =>
        refusal is not null ? Task.FromResult(refusal) : service.WaitAsync(this, wait, cancellationToken);

    /// <summary>An answer was sent.</summary>
    public void Delivered() => service.Delivered(this);

    public void Dispose()
    {
        if (!_disposed)
        {
            _disposed = true;
            RewardService.Leave(this);
        }
    }
}
