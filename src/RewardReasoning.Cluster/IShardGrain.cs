using Orleans.Concurrency;

namespace RewardReasoning.Cluster;

/// <summary>
/// A shard of the groups, which lives on one server at a time: there its groups are judged. Its key is the shard's number. Messages are
/// JSON (<see cref="ShardJson"/>), and no call lives longer than <see cref="ShardCalls.LongestObservation"/>.
/// </summary>
[Alias("rrm.shard")]
internal interface IShardGrain : IGrainWithIntegerKey
{
    /// <summary>Takes members, and holds a place at each for who asks; the same call again takes none twice.</summary>
    [Alias("submit")]
    Task<byte[]> SubmitAsync(byte[] entries, CancellationToken cancellationToken);

    /// <summary>Holds a place at the member of an id.</summary>
    [Alias("find")]
    Task<byte[]> FindAsync(string hold, string id, CancellationToken cancellationToken);

    /// <summary>What is known of a held member, at once if it is final, else after a time.</summary>
    [Alias("observe")]
    Task<byte[]> ObserveAsync(string hold, double seconds, CancellationToken cancellationToken);

    /// <summary>The one who held a member is gone; perhaps it was answered.</summary>
    [Alias("leave")]
    [OneWay]
    Task LeaveAsync(string hold, bool delivered);

    /// <summary>Becomes active, and continues the shard's open groups.</summary>
    [Alias("touch")]
    Task TouchAsync(CancellationToken cancellationToken);
}
