using RewardReasoning.Storage.State;

namespace RewardReasoning.Server.Rewards;

/// <summary>
/// Servers that give rewards together, with this one among them; they share a state, and each group is judged by one of them.
/// </summary>
internal interface IRewardCluster : IAsyncDisposable
{
    /// <summary>The address of the database that has their state.</summary>
    string Database { get; }

    /// <summary>Servers that are there, as far as this one knows.</summary>
    int Servers { get; }

    /// <summary>Shards of the groups that are at home here.</summary>
    int Shards { get; }

    /// <summary>Joins.</summary>
    /// <param name="local">Judges the groups that find their home here; it owns no shards yet.</param>
    /// <param name="state">The shared state.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>Gives rewards wherever a group is at home.</returns>
    /// <exception cref="RewardReasoningException">It cannot join.</exception>
    Task<IRewardService> StartAsync(RewardService local, PostgresState state, CancellationToken cancellationToken);

    /// <summary>The local service has a shard no longer.</summary>
    void Lost(int shard);

    /// <summary>This server takes no new requests; whoever waits here is told to ask another one.</summary>
    void BeginClosing();

    /// <summary>Looks whether this server is in the cluster.</summary>
    /// <exception cref="RewardReasoningException">It is not, at this time.</exception>
    void RequireJoined();
}
