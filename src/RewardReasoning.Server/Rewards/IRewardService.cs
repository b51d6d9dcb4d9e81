namespace RewardReasoning.Server.Rewards;

/// <summary>
/// Gives rewards to members of groups, in this process or wherever their group is at home. Safe to use from many threads.
/// </summary>
internal interface IRewardService
{
    /// <summary>How rewards are given.</summary>
    RewardOptions Options { get; }

    /// <summary>Whether no further members come, since the server takes no new requests.</summary>
    bool IsClosing { get; }

    /// <summary>Whether it was stopped; then nothing that is open is ended by this process.</summary>
    bool IsStopping { get; }

    /// <summary>Done when members can be entered.</summary>
    Task ReadyAsync();

    /// <summary>Refuses what can be seen to be wrong in a member alone.</summary>
    /// <exception cref="Http.ApiException">Says what must hold.</exception>
    void Check(RewardMember member);

    /// <summary>
    /// Takes members, each before the next one, so that numbers follow their order. A member is kept when its ticket is there.
    /// </summary>
    IReadOnlyList<Task<RewardTicket>> Enter(IReadOnlyList<RewardMember> members);

    /// <summary>A hold on the member of an id; null where there is none.</summary>
    Task<RewardTicket?> FindAsync(string id);

    /// <summary>The cohorts in memory, the oldest first.</summary>
    Task<IReadOnlyList<CohortView>> ListAsync(string? state);
}
