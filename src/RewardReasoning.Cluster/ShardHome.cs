using System.Collections.Concurrent;
using RewardReasoning.Server.Rewards;
using RewardReasoning.Storage.Rewards;

namespace RewardReasoning.Cluster;

/// <summary>The shards that this server has, and the service that judges their groups.</summary>
internal sealed class ShardHome(RewardService service)
{
    private readonly ConcurrentDictionary<int, ShardGrain> _grains = [];

    /// <summary>Judges the groups of the shards that are here.</summary>
    public RewardService Service => service;

    /// <summary>How many shards are here.</summary>
    public int Count => _grains.Count;

    /// <summary>Becomes a shard's owner.</summary>
    /// <returns>The epoch.</returns>
    public async Task<long> OwnAsync(int shard, ShardGrain grain)
    {
        long epoch = (await service.OwnAsync([shard]))[shard];
        _grains[shard] = grain;
        return epoch;
    }

    /// <summary>A shard leaves this server, unless it has come back since.</summary>
    public void Leave(int shard, long epoch, ShardGrain grain)
    {
        service.Disown(shard, epoch, new LostShardException(shard));
        _grains.TryRemove(new(shard, grain));
    }

    /// <summary>A shard is lost: it has no home until somebody asks for it.</summary>
    public void Lose(int shard)
    {
        if (_grains.TryRemove(shard, out ShardGrain? grain))
        {
            grain.Lose();
        }
    }

    /// <summary>All shards leave, since this server stops or was taken for dead.</summary>
    public void LeaveAll()
    {
        _grains.Clear();
        foreach (int shard in service.Shards)
        {
            service.Disown(shard, null, new LostShardException(shard));
        }
    }
}
