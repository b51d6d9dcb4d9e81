using RewardReasoning.Storage;
using RewardReasoning.Storage.Rewards;

namespace RewardReasoning.Server.Rewards;

/// <summary>Opens the reward service of a server.</summary>
internal static class ServedRewards
{
    /// <summary>
    /// A service that goes on with the groups that the store's file has open. Where there is none, members and rewards are kept in memory.
    /// </summary>
    /// <param name="judge">The judge, which stays the caller's.</param>
    /// <param name="tables">The store's file, or one in memory; the caller disposes it after the service.</param>
    /// <param name="options">How rewards are given.</param>
    /// <param name="time">The clock.</param>
    /// <exception cref="CompletionStoreException">The store's file cannot be used.</exception>
    public static Task<RewardService> StartAsync(RewardJudge judge, SqliteTables tables, RewardOptions options, TimeProvider time) =>
        RewardService.StartAsync(judge, options, tables.IsDurable ? new SqliteRewardLedger(tables) : new MemoryRewardLedger(), time);
}
