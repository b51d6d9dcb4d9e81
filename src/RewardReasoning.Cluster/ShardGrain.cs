using Orleans.Concurrency;
using Orleans.Placement;
using RewardReasoning.Server.Rewards;

namespace RewardReasoning.Cluster;

/// <summary>
/// A shard on the server that has it. Before it answers anything it has become the shard's owner in the ledger, so that an activation that
/// a partition left behind elsewhere can write nothing any more.
/// </summary>
[Reentrant]
[RandomPlacement]
internal sealed class ShardGrain(ShardHome home, TimeProvider time) : Grain, IShardGrain
{
    private readonly ShardHolds _holds = new(time);
    private long _epoch;
    private IDisposable? _sweep;

    private int Shard => (int)this.GetPrimaryKeyLong();

    /// <inheritdoc/>
    public override async Task OnActivateAsync(CancellationToken cancellationToken)
    {
        _epoch = await home.OwnAsync(Shard, this);
        _sweep = this.RegisterGrainTimer(
            _ =>
            {
                _holds.LeaveSilent();
                return Task.CompletedTask;
            },
            new GrainTimerCreationOptions(TimeSpan.FromSeconds(5), TimeSpan.FromSeconds(5)) { Interleave = true }
        );
    }

    /// <inheritdoc/>
    public override Task OnDeactivateAsync(DeactivationReason reason, CancellationToken cancellationToken)
    {
        _sweep?.Dispose();
        home.Leave(Shard, _epoch, this);
        _holds.Clear();
        return Task.CompletedTask;
    }

    /// <inheritdoc/>
    public async Task<byte[]> SubmitAsync(byte[] entries, CancellationToken cancellationToken)
    {
        IReadOnlyList<ShardEntry> asked = ShardJson.Entries(entries);

        await home.Service.ReadyAsync();

        // Each is entered before the next one, so that numbers follow the order; their commits are shared.
        Task<ShardReply>[] entered =
        [
            .. asked.Select(entry => ReplyAsync(() => _holds.AddAsync(entry.Hold, () => home.Service.Enter([entry.Member])[0]))),
        ];
        return ShardJson.Bytes(await Task.WhenAll(entered));
    }

    /// <inheritdoc/>
    public async Task<byte[]> FindAsync(string hold, string id, CancellationToken cancellationToken) =>
        ShardJson.Bytes(
            await ReplyAsync(() => _holds.AddAsync(hold, async () => await home.Service.FindAsync(id) ?? throw new NoSuchMemberException()))
        );

    /// <inheritdoc/>
    public async Task<byte[]> ObserveAsync(string hold, double seconds, CancellationToken cancellationToken)
    {
        if (_holds.Find(hold) is not { } held)
        {
            return ShardJson.Bytes(new ShardReply { IsForgotten = true });
        }

        return ShardJson.Bytes(
            await ReplyAsync(async () =>
            {
                RewardTicket ticket = await held;
                await ticket.WaitAsync(TimeSpan.FromSeconds(Math.Clamp(seconds, 0, ShardCalls.LongestObservation)), cancellationToken);
                return ticket;
            })
        );
    }

    /// <inheritdoc/>
    public Task LeaveAsync(string hold, bool delivered)
    {
        _holds.Leave(hold, delivered);
        return Task.CompletedTask;
    }

    /// <inheritdoc/>
    public Task TouchAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <summary>The shard is lost: the next call for it finds a home anew.</summary>
    public void Lose() =>
        GrainContext.Deactivate(new(DeactivationReasonCode.ApplicationRequested, "The shard is lost, or its ledger out of reach."));

    private static async Task<ShardReply> ReplyAsync(Func<Task<RewardTicket>> ticketOf)
    {
        try
        {
            RewardTicket ticket = await ticketOf();
            return new()
            {
                Answer = ticket.Answer,
                IsRefused = ticket.IsRefused,
                Mean = ticket.MeanOfCohort,
            };
        }
        catch (NoSuchMemberException)
        {
            return new();
        }
        catch (Exception failure) when (failure is RewardReasoningException)
        {
            return new() { Problem = ShardProblem.Of(failure) };
        }
    }

    private sealed class NoSuchMemberException : Exception;
}
