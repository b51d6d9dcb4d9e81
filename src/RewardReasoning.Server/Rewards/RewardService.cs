using System.Text.Json;
using RewardReasoning.Server.Http;
using RewardReasoning.Storage.Rewards;

namespace RewardReasoning.Server.Rewards;

/// <summary>
/// Rewards for members of groups that come one by one, in any order, from any number of connections and more than once. A member's answer
/// is kept before it is given, so that it is the same in flight, afterwards and after a restart. Safe to use from many threads.
/// <para>
/// <see cref="RewardIntake"/> finds a member's cohort, <see cref="MatchJudging"/> judges, <see cref="CohortOutcome"/> is what comes of it,
/// and <see cref="CohortRegistry"/> holds the cohorts; one gate guards them all.
/// </para>
/// </summary>
internal sealed class RewardService : IRewardService, IAsyncDisposable
{
    private readonly Lock _gate = new();
    private readonly RewardJudge _judge;
    private readonly RewardOptions _options;
    private readonly IRewardLedger _ledger;
    private readonly TimeProvider _time;
    private readonly StarvationWatch _watch;
    private readonly MatchJudging _judging;
    private readonly CohortRegistry _registry;
    private readonly RewardIntake _intake;
    private readonly Lazy<Task> _ready;
    private readonly Drain _work = new();
    private readonly CancellationTokenSource _closing = new();
    private readonly CancellationTokenSource _stopped = new();
    private readonly CancellationTokenSource _noMoreMembers;
    private readonly ITimer _look;
    private int _held;

    private RewardService(RewardJudge judge, RewardOptions options, IRewardLedger ledger, TimeProvider time)
    {
        (_judge, _options, _ledger, _time) = (judge, options, ledger, time);
        _noMoreMembers = CancellationTokenSource.CreateLinkedTokenSource(_closing.Token, _stopped.Token);
        _ready = new(() => Task.Run(() => judge.Fingerprint.Value));
        _watch = new(options, time);
        _judging = new(judge, options, time, _gate, _watch, TrackAsync, _stopped.Token);
        CohortContext context = new(options, judge, time, _gate, _judging.Enqueue, _judging.Release, Close);
        _registry = new(context);
        _intake = new(context, _registry, ledger, _judging.TimeFor, _watch, TrackAsync);
        _look = time.CreateTimer(_ => Look(), null, options.StarvingAfter / 3, options.StarvingAfter / 3);
    }

    /// <summary>Members that are waiting or being judged.</summary>
    public int OpenMembers => _registry.OpenMembers;

    /// <summary>Matches that are with the judge or wait for it.</summary>
    public int MatchesInHand
    {
        get
        {
            lock (_gate)
            {
                return _judging.InHand;
            }
        }
    }

    /// <summary>Whether no further members come, since the server takes no new requests.</summary>
    public bool IsClosing => _closing.IsCancellationRequested;

    /// <summary>Whether it was stopped; then nothing that is open is ended by this process.</summary>
    public bool IsStopping => _stopped.IsCancellationRequested;

    /// <summary>How rewards are given.</summary>
    public RewardOptions Options => _options;

    /// <summary>Matches, commits and closings under way; 0 when only clocks and clients can change anything.</summary>
    internal int WorkInHand => _work.UnderWay;

    /// <summary>Shards that this service owns.</summary>
    public IReadOnlyCollection<int> Shards
    {
        get
        {
            lock (_gate)
            {
                return [.. _registry.Shards];
            }
        }
    }

    /// <summary>A service that goes on with the cohorts that its ledger has open.</summary>
    /// <param name="judge">Decides matches; the caller disposes it after the service.</param>
    /// <param name="options">How rewards are given.</param>
    /// <param name="ledger">Where members and rewards are kept; the caller disposes it after the service.</param>
    /// <param name="time">The clock.</param>
    public static async Task<RewardService> StartAsync(RewardJudge judge, RewardOptions options, IRewardLedger ledger, TimeProvider time)
    {
        RewardService service = await StartWithoutShardsAsync(judge, options, ledger, time);
        await service.OwnAsync(RewardShard.All);
        return service;
    }

    /// <summary>A service that owns nothing until <see cref="OwnAsync"/>.</summary>
    public static async Task<RewardService> StartWithoutShardsAsync(
        RewardJudge judge,
        RewardOptions options,
        IRewardLedger ledger,
        TimeProvider time
    )
    {
        await ledger.PruneAsync(time.GetUtcNow() - options.Retention);
        return new(judge, options, ledger, time);
    }

    /// <summary>Becomes the owner of shards, whoever had them before, and goes on with their cohorts.</summary>
    /// <returns>The epoch of each.</returns>
    public async Task<IReadOnlyDictionary<int, long>> OwnAsync(IReadOnlyCollection<int> shards)
    {
        ClaimedShards claimed = await _ledger.ClaimAsync(shards, _time.GetUtcNow() - _options.RedeliveryTime);
        if (claimed.Unfinished.Count > 0)
        {
            await ReadyAsync();
        }

        lock (_gate)
        {
            foreach (int shard in shards)
            {
                Drop(shard, new LostShardException(shard)); // what was known of it under an earlier epoch
            }

            _registry.Own(claimed.Epochs);
            foreach (StoredCohort stored in claimed.Unfinished)
            {
                _registry.TakeOver(stored);
            }
        }

        return claimed.Epochs;
    }

    /// <summary>Has a shard no longer: its cohorts go on elsewhere, or here once it is owned again.</summary>
    /// <param name="shard">The shard.</param>
    /// <param name="epoch">The epoch under which it was owned, so that one that was claimed anew since stays; null for any.</param>
    /// <param name="why">What those are told who wait for its members.</param>
    public void Disown(int shard, long? epoch, RewardReasoningException why)
    {
        lock (_gate)
        {
            if (_registry.Shards.Contains(shard) && (epoch is null || epoch == _registry.EpochOf(shard)))
            {
                Drop(shard, why);
            }
        }
    }

    /// <summary>
    /// Takes a member. It is kept when this returns, and takes part whatever becomes of the request. The ticket holds what is known; it is
    /// a refusal where the same identity has another body, a later attempt replaced this one, or the server holds too much already.
    /// </summary>
    /// <exception cref="ApiException">The request cannot be served; the message says what must hold.</exception>
    public async Task<LocalRewardTicket> SubmitAsync(RewardMember member)
    {
        Check(member);
        await ReadyAsync();
        _stopped.Token.ThrowIfCancellationRequested();
        RewardEntry entry = new(member, member.Hash(), await ReferencesAsync(member));
        IReadOnlyList<StoredCohort> known = RewardIntake.GroupOf(entry) is { } name ? await RecallAsync(name, member.Attempt) : [];
        LocalRewardTicket ticket;
        lock (_gate)
        {
            TakeOver(known);
            ticket = TicketOf(
                member switch
                {
                    { Mode: RewardMode.Scalar } => _intake.EnterScalar(entry),
                    { Group: null } => _intake.EnterImplicit(entry),
                    { Group: { } group, Index: { } index } => _intake.EnterNamed(entry, group, index),
                    _ => throw ApiException.BadField("index", "index is missing; a member of a named group has one, from 0."),
                }
            );
        }

        try
        {
            await (ticket.Member?.Kept ?? Task.CompletedTask);
        }
        catch (Exception failure)
        {
            ticket.Dispose();
            if (ticket.Member is { } refused && failure is RewardReasoningException { Boundary: FailureBoundary.Store } lost)
            {
                LeaveTo(refused.Cohort, lost);
            }

            throw;
        }

        return ticket;
    }

    /// <summary>Done when the judge's fingerprint is known, for which a large folder is read.</summary>
    public Task ReadyAsync() => _ready.Value;

    /// <summary>A hold on the member of an id; null where there is none.</summary>
    public async Task<RewardTicket?> FindAsync(string id)
    {
        await ReadyAsync();
        if (RewardIntake.ShardOf(id) is not { } shard)
        {
            return null;
        }

        long epoch;
        lock (_gate)
        {
            if (_registry.Find(id) is { } member)
            {
                return TicketOf(RewardIntake.Hold(member));
            }

            epoch = _registry.EpochOf(shard);
        }

        if (await _ledger.FindMemberAsync(id) is not { } stored)
        {
            return null;
        }

        lock (_gate)
        {
            TakeOver([stored with { Epoch = epoch }]);
            return _registry.Find(id) is { } member ? TicketOf(RewardIntake.Hold(member)) : null;
        }
    }

    /// <inheritdoc/>
    public IReadOnlyList<Task<RewardTicket>> Enter(IReadOnlyList<RewardMember> members) =>
        [.. members.Select(async member => (RewardTicket)await SubmitAsync(member))];

    /// <inheritdoc/>
    public Task<IReadOnlyList<CohortView>> ListAsync(string? state) => Task.FromResult(List(state));

    /// <summary>The cohorts in memory, the oldest first.</summary>
    public IReadOnlyList<CohortView> List(string? state)
    {
        lock (_gate)
        {
            return
            [
                .. _registry
                    .All.Where(cohort => state is null || cohort.State == state)
                    .OrderBy(cohort => cohort.Number)
                    .Select(cohort => CohortView.Of(cohort, _time)),
            ];
        }
    }

    /// <summary>
    /// No further members come: whoever waits for a group to fill is answered with what is known. Those whose groups are being judged wait
    /// on for their rewards.
    /// </summary>
    public void BeginClosing() => _closing.Cancel();

    /// <summary>Ends all waits with what is known; open cohorts stay open in the ledger and go on at the next start.</summary>
    public async Task StopAsync()
    {
        await _stopped.CancelAsync();
        lock (_gate)
        {
            _look.Dispose();
            foreach (Cohort cohort in _registry.All.Where(cohort => cohort.IsOpen))
            {
                cohort.Abandon();
            }
        }

        await _work.BeginAsync();
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        _noMoreMembers.Dispose();
        _stopped.Dispose();
        _closing.Dispose();
        _work.Dispose();
    }

    /// <summary>Refuses what can be seen to be wrong in a member alone.</summary>
    /// <exception cref="ApiException">Says what must hold.</exception>
    public void Check(RewardMember member)
    {
        if (member.Mode == RewardMode.Group && member.Size is < 1 or > RewardOptions.MaxGroupSize)
        {
            throw ApiException.BadField(
                "size",
                $"size is {member.Size}; it is the number of the group's members, from 1 to {RewardOptions.MaxGroupSize}."
            );
        }

        if (member.Mode == RewardMode.Group && member.Index is { } index && (index < 0 || index >= member.Size))
        {
            throw ApiException.BadField("index", $"index is {index}; it counts the group's {member.Size} members from 0.");
        }

        if (member.Mode == RewardMode.Group && member.Size > _options.MaxOpenMembers)
        {
            throw ApiException.BadField(
                "size",
                $"size is {member.Size}, and this server takes {_options.MaxOpenMembers} members at once (--max-members)."
            );
        }

        if (member.Attempt < 0)
        {
            throw ApiException.BadField("attempt", $"attempt is {member.Attempt}; it counts from 0.");
        }
    }

    internal RewardAnswer AnswerOf(LocalRewardTicket ticket)
    {
        CohortMember member = Required(ticket);
        if (member.Final.IsCompleted)
        {
            return member.Final.GetAwaiter().GetResult(); // or why this process cannot answer
        }

        lock (_gate)
        {
            return member.Cohort.Current(member);
        }
    }

    internal double? MeanOf(LocalRewardTicket ticket)
    {
        lock (_gate)
        {
            return ticket
                .Member?.Cohort.Members.Values.Where(member => member.Final.IsCompletedSuccessfully)
                .Average(member => member.Final.Result.Reward);
        }
    }

    internal async Task<RewardAnswer> WaitAsync(LocalRewardTicket ticket, TimeSpan wait, CancellationToken cancellationToken)
    {
        CohortMember member = Required(ticket);
        wait = wait < _options.MaxWait ? wait : _options.MaxWait;
        if (wait > TimeSpan.Zero && !member.Final.IsCompleted)
        {
            Interlocked.Increment(ref _held);
            try
            {
                long began = _time.GetTimestamp();
                await WaitUntilAsync(wait, _noMoreMembers.Token);
                if (IsClosing && !member.Final.IsCompleted && AnswerOf(ticket).State == RewardAnswer.Judging)
                {
                    await WaitUntilAsync(wait - _time.GetElapsedTime(began), _stopped.Token);
                }
            }
            finally
            {
                Interlocked.Decrement(ref _held);
            }
        }

        return AnswerOf(ticket);

        async Task WaitUntilAsync(TimeSpan longest, CancellationToken noLonger)
        {
            using CancellationTokenSource stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, noLonger);
            TimeSpan left = longest > TimeSpan.Zero ? longest : TimeSpan.Zero;
            await ((Task)member.Final.WaitAsync(left, _time, stop.Token)).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            cancellationToken.ThrowIfCancellationRequested();
        }
    }

    internal void Delivered(LocalRewardTicket ticket)
    {
        if (ticket.Member is { IsAnswered: false } member)
        {
            member.IsAnswered = true;
            if (member.Cohort.ImplicitKey is not null)
            {
                _ = TrackAsync(_ledger.DeliverAsync([member.Id]));
            }
        }
    }

    internal static void Leave(LocalRewardTicket ticket) => ticket.Member?.Disconnect();

    private static CohortMember Required(LocalRewardTicket ticket) =>
        ticket.Member ?? throw new InvalidOperationException("A refused member has no cohort.");

    private static RewardAnswer NotKept(RewardAnswer answer) =>
        answer with
        {
            Reward = null,
            Rank = null,
            Failure = new(
                FailureClass.Transport,
                RewardStage.Store,
                Retryable: true,
                "The store failed, and what is not kept is not given out."
            ),
        };

    private LocalRewardTicket TicketOf(RewardPlace place) => new(this, place.Member, place.Refusal);

    private async Task<IReadOnlyList<string>> ReferencesAsync(RewardMember member)
    {
        bool compares = member.Mode == RewardMode.Scalar && _judge.Score is null;
        if (member.References.Count == 0 && !compares)
        {
            return [];
        }

        byte[] query = TextHash.Of(member.Query);
        if (member.References.Count > 0)
        {
            await _ledger.AddReferencesAsync(query, member.References);
        }

        if (!compares)
        {
            return [];
        }

        IReadOnlyList<string> references = member.References.Count > 0 ? member.References : await _ledger.FindReferencesAsync(query);
        return references.Count > 0
            ? references
            : throw ApiException.BadField(
                "mode",
                "mode is scalar, and the judge is no scalar reward model; then a response is compared with reference responses, and none "
                    + "is kept for this query. Send \"reference\", or use mode group."
            );
    }

    private void Close(ClosedCohort closed) => _ = TrackAsync(CloseAsync(closed));

    private async Task CloseAsync(ClosedCohort closed)
    {
        // What follows needs no gate, which the caller holds.
        await Task.Yield();
        Cohort cohort = closed.Cohort;
        Dictionary<int, RewardAnswer> answers = closed.Outcome.Answers(closed.Members);
        bool isKept = true;
        try
        {
            await _ledger.CloseAsync(
                cohort.ToStored(),
                cohort.ClosedAt ?? _time.GetUtcNow(),
                [.. answers.Select(answer => (answer.Key, JsonSerializer.Serialize(answer.Value, RewardJson.Wire.RewardAnswer)))]
            );
        }
        catch (RewardReasoningException lost) when (lost is LostShardException || _options.OnLost is not null)
        {
            LeaveTo(cohort, lost);
            return;
        }
        catch (RewardReasoningException failure)
        {
            isKept = false;
            _options.OnWarning?.Invoke($"rewards could not be kept, so nobody is given them: {failure.Message}");
            answers = answers.ToDictionary(answer => answer.Key, answer => NotKept(answer.Value));
        }

        lock (_gate)
        {
            _watch.Moved();
            foreach (CohortMember member in cohort.Members.Values)
            {
                member.Finish(answers[member.Index]);
            }

            if (isKept)
            {
                _registry.Retire(cohort);
            }
            else
            {
                _registry.Forget(cohort); // it is still open in the ledger: a retry judges again, from the store of completions
            }
        }

        RewardTelemetry.Closed(cohort, answers.Values);
    }

    /// <summary>What the ledger has of a group whose attempt is not in memory.</summary>
    private async Task<IReadOnlyList<StoredCohort>> RecallAsync(string group, int attempt)
    {
        int shard = RewardShard.Of(group, null);
        long epoch;
        lock (_gate)
        {
            epoch = _registry.EpochOf(shard);
            if (_registry.Knows(group, attempt))
            {
                return [];
            }
        }

        return [.. (await _ledger.FindGroupAsync(group)).Select(cohort => cohort with { Epoch = epoch })];
    }

    /// <summary>Puts cohorts of the ledger into memory.</summary>
    private void TakeOver(IReadOnlyList<StoredCohort> known)
    {
        foreach (StoredCohort stored in known)
        {
            if (_registry.EpochOf(stored.Shard) != stored.Epoch)
            {
                throw new LostShardException(stored.Shard); // it was lost since the ledger was asked, so that the answer may be old
            }

            _registry.TakeOver(stored);
        }
    }

    /// <summary>A cohort's shard is another process's now, or out of reach.</summary>
    private void LeaveTo(Cohort cohort, RewardReasoningException why)
    {
        lock (_gate)
        {
            if (
                (why is not LostShardException && _options.OnLost is null)
                || !_registry.Shards.Contains(cohort.Shard)
                || _registry.EpochOf(cohort.Shard) != cohort.Epoch
            )
            {
                return; // it may be kept again, or was left before
            }

            Drop(cohort.Shard, why);
        }

        if (_options.OnLost is { } onLost)
        {
            onLost(cohort.Shard);
        }
        else
        {
            _options.OnWarning?.Invoke("another server has taken over the groups in this database; stop one of them, or use --cluster");
        }
    }

    private void Drop(int shard, RewardReasoningException why)
    {
        foreach (Cohort cohort in _registry.Disown(shard))
        {
            cohort.Drop(why);
        }
    }

    private void Look()
    {
        lock (_gate)
        {
            _watch.Look(_registry.All, _judging.Running > 0, Volatile.Read(ref _held));
        }
    }

    /// <summary>Counts work until it is done.</summary>
    private Task TrackAsync(Task work)
    {
        IDisposable underWay = _work.Enter(isNew: false);
        _ = work.ContinueWith(
            static (_, entered) => ((IDisposable?)entered)?.Dispose(),
            underWay,
            CancellationToken.None,
            TaskContinuationOptions.ExecuteSynchronously,
            TaskScheduler.Default
        );
        return work;
    }
}
