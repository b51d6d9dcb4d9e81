namespace RewardReasoning.Cluster;

/// <summary>
/// Calls of shards, wherever they live. A call that fails on the way is repeated for a while, since a shard whose server is gone finds
/// another one.
/// </summary>
/// <param name="grains">Gives the shards; null while this server has left the cluster.</param>
/// <param name="time">The clock.</param>
internal sealed class ShardCalls(Func<IGrainFactory?> grains, TimeProvider time)
{
    /// <summary>Seconds that one observation lasts at most; well within the time that a call may take.</summary>
    public const double LongestObservation = 8;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(12);
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(1);

    /// <summary>Asks a shard, again while only passing failures come.</summary>
    /// <param name="shard">The shard.</param>
    /// <param name="ask">Asks it.</param>
    /// <param name="isPassing">Whether an answer says that another try may do better.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="ClusterException">No server could answer.</exception>
    public async Task<T> AskAsync<T>(
        int shard,
        Func<IShardGrain, Task<T>> ask,
        Func<T, bool> isPassing,
        CancellationToken cancellationToken
    )
    {
        long began = time.GetTimestamp();
        TimeSpan pause = TimeSpan.FromMilliseconds(50);
        while (true)
        {
            Exception? cause = null;
            try
            {
                T answer = await ask(
                    grains()?.GetGrain<IShardGrain>(shard)
                        ?? throw new ClusterException("This server has left the cluster and is about to join it again. Send it again.")
                );
                if (!isPassing(answer) || time.GetElapsedTime(began) + pause > Patience)
                {
                    return answer;
                }
            }
            catch (Exception failure) when (!cancellationToken.IsCancellationRequested)
            {
                cause = failure;
            }

            if (cause is not null && time.GetElapsedTime(began) + pause > Patience)
            {
                throw cause as ClusterException
                    ?? new ClusterException("The server that has this group cannot be reached now. Send the request again.", cause);
            }

            await Task.Delay(pause, time, cancellationToken);
            pause = pause + pause < LongestPause ? pause + pause : LongestPause;
        }
    }
}
