using RewardReasoning.Server.Http;
using RewardReasoning.Server.Rewards;

namespace RewardReasoning.Cluster;

/// <summary>Gives rewards at any server: it asks the shard that a member belongs to, wherever that lives.</summary>
/// <param name="local">The service of this server.</param>
/// <param name="calls">Asks shards.</param>
/// <param name="time">The clock.</param>
internal sealed class ClusterRewards(RewardService local, ShardCalls calls, TimeProvider time) : IRewardService, IDisposable
{
    private static readonly TimeSpan Breath = TimeSpan.FromMilliseconds(50);

    private readonly CancellationTokenSource _closing = new();

    /// <inheritdoc/>
    public RewardOptions Options => local.Options;

    /// <inheritdoc/>
    public bool IsClosing => _closing.IsCancellationRequested;

    /// <inheritdoc/>
    public bool IsStopping => local.IsStopping;

    /// <summary>Cancelled when this server takes no new requests.</summary>
    public CancellationToken Closing => _closing.Token;

    /// <summary>Requests that wait here for a group are told to ask another server.</summary>
    public void BeginClosing() => _closing.Cancel();

    /// <inheritdoc/>
    public Task ReadyAsync() => local.ReadyAsync();

    /// <inheritdoc/>
    public void Check(RewardMember member) => local.Check(member);

    /// <inheritdoc/>
    public IReadOnlyList<Task<RewardTicket>> Enter(IReadOnlyList<RewardMember> members)
    {
        Task<RewardTicket>[] tickets = new Task<RewardTicket>[members.Count];
        foreach (IGrouping<int, int> shard in Enumerable.Range(0, members.Count).GroupBy(index => RewardIntake.ShardOf(members[index])))
        {
            int[] indices = [.. shard];
            Task<IReadOnlyList<RewardTicket>> entered = EnterAsync(shard.Key, [.. indices.Select(index => members[index])]);
            for (int i = 0; i < indices.Length; i++)
            {
                tickets[indices[i]] = OneOf(entered, i);
            }
        }

        return tickets;

        static async Task<RewardTicket> OneOf(Task<IReadOnlyList<RewardTicket>> all, int index) => (await all)[index];
    }

    /// <inheritdoc/>
    public async Task<RewardTicket?> FindAsync(string id)
    {
        if (RewardIntake.ShardOf(id) is not { } shard)
        {
            return null;
        }

        string hold = NewHold();
        ShardReply reply = await AskAsync(
            shard,
            async grain => ShardJson.Reply(await grain.FindAsync(hold, id, _closing.Token)),
            answer => answer.Problem is { IsPassing: true },
            _closing.Token
        );
        return RequireAnswer(reply) is null ? null : new RemoteRewardTicket(this, shard, hold, id, null, reply);
    }

    /// <summary>The groups that are at home on this server.</summary>
    public Task<IReadOnlyList<CohortView>> ListAsync(string? state) => local.ListAsync(state);

    /// <inheritdoc/>
    public void Dispose() => _closing.Dispose();

    /// <summary>Waits for a member's answer, and enters it again where its shard has moved.</summary>
    internal async Task<ShardReply> ObserveAsync(RemoteRewardTicket ticket, TimeSpan wait, CancellationToken cancellationToken)
    {
        long began = time.GetTimestamp();
        using CancellationTokenSource stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, _closing.Token);
        ShardReply known = ticket.Known;
        while (known.Answer is not { IsFinal: true })
        {
            long asked = time.GetTimestamp();
            TimeSpan left = wait - time.GetElapsedTime(began);
            try
            {
                ShardReply reply = await calls.AskAsync(
                    ticket.Shard,
                    async grain => ShardJson.Reply(await grain.ObserveAsync(ticket.Hold, Math.Max(0, left.TotalSeconds), stop.Token)),
                    answer => answer.Problem is { IsPassing: true, Code: not "moved" },
                    stop.Token
                );
                known = reply is { IsForgotten: true } or { Problem.Code: "moved" }
                    ? await EnterAgainAsync(ticket, stop.Token)
                    : Required(reply);
            }
            catch (Exception) when (_closing.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
            {
                return known; // the server stops; what is known is not final, and the caller says so
            }

            if (time.GetElapsedTime(began) >= wait)
            {
                return known;
            }

            if (time.GetElapsedTime(asked) < Breath)
            {
                await Task.Delay(Breath, time, stop.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing); // it could not wait
            }
        }

        return known;
    }

    /// <summary>The one who held a member is gone.</summary>
    internal void Leave(RemoteRewardTicket ticket, bool delivered) => _ = LeaveAsync(ticket.Shard, ticket.Hold, delivered);

    private static string NewHold() => Guid.NewGuid().ToString("N");

    private static RewardAnswer? RequireAnswer(ShardReply reply) =>
        reply.Problem is { } problem ? throw problem.ToException() : reply.Answer;

    private static ShardReply Required(ShardReply reply) =>
        RequireAnswer(reply) is null ? throw new ClusterException("The group of this member is not known any more.") : reply;

    private async Task<IReadOnlyList<RewardTicket>> EnterAsync(int shard, IReadOnlyList<RewardMember> members)
    {
        ShardEntry[] entries = [.. members.Select(member => new ShardEntry(NewHold(), member))];
        IReadOnlyList<ShardReply> replies = await SubmitAsync(shard, entries, _closing.Token);
        RemoteRewardTicket[] tickets =
        [
            .. replies.Select((reply, i) => new RemoteRewardTicket(this, shard, entries[i].Hold, null, members[i], reply)),
        ];
        if (replies.FirstOrDefault(reply => reply.Problem is not null) is { Problem: { } problem })
        {
            Array.ForEach(tickets, ticket => ticket.Dispose());
            throw problem.ToException();
        }

        return tickets;
    }

    private Task<IReadOnlyList<ShardReply>> SubmitAsync(int shard, IReadOnlyList<ShardEntry> entries, CancellationToken cancellationToken)
    {
        byte[] bytes = ShardJson.Bytes(entries);
        return AskAsync(
            shard,
            async grain => ShardJson.Replies(await grain.SubmitAsync(bytes, cancellationToken)),
            replies => replies.Any(reply => reply.Problem is { IsPassing: true }),
            cancellationToken
        );
    }

    private async Task<ShardReply> EnterAgainAsync(RemoteRewardTicket ticket, CancellationToken cancellationToken) =>
        Required(
            ticket.Member is { } member
                ? (await SubmitAsync(ticket.Shard, [new(ticket.Hold, member)], cancellationToken))[0]
                : await AskAsync(
                    ticket.Shard,
                    async grain => ShardJson.Reply(await grain.FindAsync(ticket.Hold, ticket.Id ?? "", cancellationToken)),
                    answer => answer.Problem is { IsPassing: true },
                    cancellationToken
                )
        );

    private async Task<T> AskAsync<T>(
        int shard,
        Func<IShardGrain, Task<T>> ask,
        Func<T, bool> isPassing,
        CancellationToken cancellationToken
    )
    {
        try
        {
            return await calls.AskAsync(shard, ask, isPassing, cancellationToken);
        }
        catch (OperationCanceledException) when (_closing.IsCancellationRequested)
        {
            throw Drain.Stopping();
        }
    }

    private async Task LeaveAsync(int shard, string hold, bool delivered)
    {
        try
        {
            await calls.AskAsync(
                shard,
                async grain =>
                {
                    await grain.LeaveAsync(hold, delivered);
                    return true;
                },
                _ => false,
                CancellationToken.None // a server that stops must not leave holds behind
            );
        }
        catch (Exception failure) when (failure is OperationCanceledException or RewardReasoningException or ObjectDisposedException)
        {
            // The hold runs out by itself.
        }
    }
}

/// <summary>A hold on a member that may be at home on another server.</summary>
internal sealed class RemoteRewardTicket(ClusterRewards rewards, int shard, string hold, string? id, RewardMember? member, ShardReply known)
    : RewardTicket
{
    private ShardReply _known = known;
    private bool _delivered;
    private bool _disposed;

    public int Shard => shard;

    public string Hold => hold;

    /// <summary>The member's id, where it was found by that.</summary>
    public string? Id => id;

    /// <summary>The member, where it was entered here.</summary>
    public RewardMember? Member => member;

    /// <summary>What was heard last.</summary>
    public ShardReply Known => _known;

    public override bool IsRefused => _known.IsRefused;

    public override RewardAnswer Answer => _known.Answer ?? throw new InvalidOperationException("The member was not entered.");

    public override double? MeanOfCohort => _known.Mean;

    public override async Task<RewardAnswer> WaitAsync(TimeSpan wait, CancellationToken cancellationToken)
    {
        if (!Answer.IsFinal && wait > TimeSpan.Zero)
        {
            _known = await rewards.ObserveAsync(this, wait < rewards.Options.MaxWait ? wait : rewards.Options.MaxWait, cancellationToken);
        }

        return Answer;
    }

    public override void Delivered() => _delivered = true;

    public override void Dispose()
    {
        if (!_disposed)
        {
            _disposed = true;
            rewards.Leave(this, _delivered);
        }
    }
}
