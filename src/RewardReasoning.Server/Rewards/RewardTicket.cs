namespace RewardReasoning.Server.Rewards;

/// <summary>A request's hold on a member, or a refusal. Disposing it says that the request's connection is gone.</summary>
internal abstract class RewardTicket : IDisposable
{
    /// <summary>Whether the member was not accepted; the answer says why.</summary>
    public abstract bool IsRefused { get; }

    /// <summary>Whether the server had no room for the member's group.</summary>
    public bool IsTurnedAway => IsRefused && Answer.IsTurnedAway;

    /// <summary>What is known now.</summary>
    public abstract RewardAnswer Answer { get; }

    /// <summary>The mean of the rewards of the member's cohort; null where there is none, or it is open.</summary>
    public abstract double? MeanOfCohort { get; }

    /// <summary>The answer as soon as it is final, or what is known when the wait is over.</summary>
    public abstract Task<RewardAnswer> WaitAsync(TimeSpan wait, CancellationToken cancellationToken);

    /// <summary>An answer was sent.</summary>
    public abstract void Delivered();

    /// <inheritdoc/>
    public abstract void Dispose();
}

/// <summary>A hold on a member of this process.</summary>
internal sealed class LocalRewardTicket(RewardService service, CohortMember? member, RewardAnswer? refusal) : RewardTicket
{
    private bool _disposed;

    /// <summary>Null for a refusal.</summary>
    public CohortMember? Member => member;

    public override bool IsRefused => refusal is not null;

    public override RewardAnswer Answer => refusal ?? service.AnswerOf(this);

    public override double? MeanOfCohort => service.MeanOf(this);

    public override Task<RewardAnswer> WaitAsync(TimeSpan wait, CancellationToken cancellationToken) =>
        refusal is not null ? Task.FromResult(refusal) : service.WaitAsync(this, wait, cancellationToken);

    public override void Delivered() => service.Delivered(this);

    public override void Dispose()
    {
        if (!_disposed)
        {
            _disposed = true;
            RewardService.Leave(this);
        }
    }
}
