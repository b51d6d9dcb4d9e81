using RewardReasoning.Judging;
using RewardReasoning.Storage;
using RewardReasoning.Storage.Rewards;

namespace RewardReasoning.Server.Rewards;

/// <summary>The reward service of a server, with the ledger that it owns.</summary>
internal sealed class ServedRewards : IAsyncDisposable
{
    private readonly IRewardLedger _ledger;

    private ServedRewards(RewardService service, IRewardLedger ledger) => (Service, _ledger) = (service, ledger);

    public RewardService Service { get; }

    /// <summary>
    /// Goes on with the groups that the store's ledger has open. Without a store, and with one that is no SQLite file, members and rewards
    /// are kept in memory only.
    /// </summary>
    /// <param name="judge">The judge, which stays the caller's.</param>
    /// <param name="store">The store around its model; null for none.</param>
    /// <param name="options">How rewards are given.</param>
    /// <param name="time">The clock.</param>
    /// <exception cref="CompletionStoreException">The store's file cannot be used.</exception>
    public static async Task<ServedRewards> StartAsync(OpenedJudge judge, ICompletionStore? store, RewardOptions options, TimeProvider time)
    {
        IRewardLedger ledger = store is SqliteCompletionStore file ? SqliteRewardLedger.Open(file.Location) : new MemoryRewardLedger();
        try
        {
            return new(await RewardService.StartAsync(RewardJudge.Of(judge), options, ledger, time), ledger);
        }
        catch
        {
            ledger.Dispose();
            throw;
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await Service.DisposeAsync();
        _ledger.Dispose();
    }
}
