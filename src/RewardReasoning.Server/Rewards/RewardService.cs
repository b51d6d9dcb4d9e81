using System.Globalization;
using System.Text;
using System.Text.Json;
using RewardReasoning.Ratings;
using RewardReasoning.Server.Http;
using RewardReasoning.Storage.Rewards;

namespace RewardReasoning.Server.Rewards;

/// <summary>
/// Rewards for members of groups that come one by one, in any order, from any number of connections and more than once. A member's answer
/// is kept before it is given, so that it is the same in flight, afterwards and after a restart. Safe to use from many threads.
/// </summary>
internal sealed class RewardService : IAsyncDisposable
{
    private const int ClosedCohortsInMemory = 1_024;

    private readonly Lock _gate = new();
    private readonly RewardJudge _judge;
    private readonly RewardOptions _options;
    private readonly IRewardLedger _ledger;
    private readonly TimeProvider _time;
    private readonly CohortContext _context;
    private readonly JudgeQueue _queue;
    private readonly JudgePace _pace;
    private readonly Lazy<Task> _ready;
    private readonly Dictionary<string, SortedDictionary<int, Cohort>> _groups = new(StringComparer.Ordinal);
    private readonly Dictionary<string, List<Cohort>> _implicit = new(StringComparer.Ordinal);
    private readonly Dictionary<string, CohortMember> _members = new(StringComparer.Ordinal);
    private readonly Queue<Cohort> _closed = [];
    private readonly HashSet<Task> _working = [];
    private readonly CancellationTokenSource _closing = new();
    private readonly CancellationTokenSource _stopped = new();
    private readonly string _run;
    private readonly ITimer _watch;
    private long _cohorts;
    private int _openMembers;
    private int _held;
    private long _lastMove;

    private RewardService(RewardJudge judge, RewardOptions options, IRewardLedger ledger, TimeProvider time)
    {
        (_judge, _options, _ledger, _time) = (judge, options, ledger, time);
        _pace = new(judge);
        _ready = new(() => Task.Run(() => judge.Fingerprint.Value));
        _queue = new(judge.Concurrency, Start);
        _context = new(options, judge, time, _gate, _queue.Enqueue, _queue.Release, Close);
        _run = time.GetUtcNow().ToUnixTimeMilliseconds().ToString("x", CultureInfo.InvariantCulture);
        _lastMove = time.GetTimestamp();
        _watch = time.CreateTimer(_ => Watch(), null, options.StarvingAfter / 3, options.StarvingAfter / 3);
    }

    /// <summary>Members that are waiting or being judged.</summary>
    public int OpenMembers => Volatile.Read(ref _openMembers);

    /// <summary>Matches that are with the judge or wait for it.</summary>
    public int MatchesInHand
    {
        get
        {
            lock (_gate)
            {
                return _queue.Running + _queue.Waiting;
            }
        }
    }

    /// <summary>Matches, commits and closings under way; 0 when only clocks and clients can change anything.</summary>
    internal int WorkInHand
    {
        get
        {
            lock (_gate)
            {
                return _working.Count;
            }
        }
    }

    /// <summary>Whether members and rewards survive this process.</summary>
    public bool IsDurable => _ledger.IsDurable;

    /// <summary>Whether no further members come, since the server takes no new requests.</summary>
    public bool IsClosing => _closing.IsCancellationRequested;

    /// <summary>Whether it was stopped; then nothing that is open is ended by this process.</summary>
    public bool IsStopping => _stopped.IsCancellationRequested;

    /// <summary>How rewards are given.</summary>
    public RewardOptions Options => _options;

    /// <summary>A service that goes on with the cohorts that its ledger has open.</summary>
    /// <param name="judge">Decides matches; the caller disposes it after the service.</param>
    /// <param name="options">How rewards are given.</param>
    /// <param name="ledger">Where members and rewards are kept; the caller disposes it after the service.</param>
    /// <param name="time">The clock.</param>
    public static async Task<RewardService> StartAsync(RewardJudge judge, RewardOptions options, IRewardLedger ledger, TimeProvider time)
    {
        RewardService service = new(judge, options, ledger, time);
        await ledger.PruneAsync(time.GetUtcNow() - options.Retention);
        IReadOnlyList<StoredCohort> unfinished = ledger.FindUnfinished(time.GetUtcNow() - options.RedeliveryTime);
        if (unfinished.Count > 0)
        {
            await service.ReadyAsync();
        }

        lock (service._gate)
        {
            foreach (StoredCohort stored in unfinished)
            {
                service.TakeOver(stored);
            }
        }

        return service;
    }

    /// <summary>
    /// Takes a member. It is kept when this returns, and takes part whatever becomes of the request. The ticket holds what is known; it is
    /// a refusal where the same identity has another body, a later attempt replaced this one, or the server holds too much already.
    /// </summary>
    /// <exception cref="ApiException">The request cannot be served; the message says what must hold.</exception>
    public async Task<RewardTicket> SubmitAsync(RewardMember member)
    {
        Check(member);
        await ReadyAsync();
        _stopped.Token.ThrowIfCancellationRequested();
        IReadOnlyList<string> references = await ReferencesAsync(member);
        RewardTicket ticket;
        lock (_gate)
        {
            ticket = member switch
            {
                { Mode: RewardMode.Scalar } => EnterScalar(member, references),
                { Group: null } => EnterImplicit(member),
                { Group: { } group, Index: { } index } => EnterNamed(member, group, index),
                _ => throw ApiException.BadField("index", "index is missing; a member of a named group has one, from 0."),
            };
        }

        try
        {
            await (ticket.Member?.Kept ?? Task.CompletedTask);
        }
        catch
        {
            ticket.Dispose();
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
        lock (_gate)
        {
            if (!_members.TryGetValue(id, out CohortMember? member) && _ledger.FindMember(id) is { } stored)
            {
                TakeOver(stored);
                _members.TryGetValue(id, out member);
            }

            return member is null ? null : Hold(member);
        }
    }

    /// <summary>The cohorts in memory, the oldest first.</summary>
    public IReadOnlyList<CohortView> List(string? state)
    {
        lock (_gate)
        {
            return
            [
                .. _groups
                    .Values.SelectMany(attempts => attempts.Values)
                    .Where(cohort => state is null || cohort.State == state)
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
        Task[] working;
        lock (_gate)
        {
            _watch.Dispose();
            foreach (Cohort cohort in _groups.Values.SelectMany(attempts => attempts.Values).Where(cohort => cohort.IsOpen))
            {
                cohort.Abandon();
            }

            working = [.. _working];
        }

        await Task.WhenAll(working);
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        _stopped.Dispose();
        _closing.Dispose();
    }

    internal RewardAnswer AnswerOf(RewardTicket ticket)
    {
        lock (_gate)
        {
            CohortMember member = Required(ticket);
            return member.Cohort.Current(member);
        }
    }

    internal double? MeanOf(RewardTicket ticket)
    {
        lock (_gate)
        {
            return ticket
                .Member?.Cohort.Members.Values.Where(member => member.Final.IsCompletedSuccessfully)
                .Average(member => member.Final.Result.Reward);
        }
    }

    internal async Task<RewardAnswer> WaitAsync(RewardTicket ticket, TimeSpan wait, CancellationToken cancellationToken)
    {
        CohortMember member = Required(ticket);
        wait = wait < _options.MaxWait ? wait : _options.MaxWait;
        if (wait > TimeSpan.Zero && !member.Final.IsCompleted)
        {
            Interlocked.Increment(ref _held);
            try
            {
                long began = _time.GetTimestamp();
                await WaitUntilAsync(wait, _closing.Token);
                if (IsClosing && !member.Final.IsCompleted && AnswerOf(ticket).State == RewardAnswer.Judging)
                {
                    await WaitUntilAsync(wait - _time.GetElapsedTime(began), CancellationToken.None);
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
            using CancellationTokenSource stop = CancellationTokenSource.CreateLinkedTokenSource(
                cancellationToken,
                _stopped.Token,
                noLonger
            );
            TimeSpan left = longest > TimeSpan.Zero ? longest : TimeSpan.Zero;
            await ((Task)member.Final.WaitAsync(left, _time, stop.Token)).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            cancellationToken.ThrowIfCancellationRequested();
        }
    }

    internal void Delivered(RewardTicket ticket)
    {
        if (ticket.Member is { } member)
        {
            lock (_gate)
            {
                if (!member.IsAnswered)
                {
                    member.IsAnswered = true;
                    if (member.Cohort.ImplicitKey is not null)
                    {
                        Track(_ledger.DeliverAsync([member.Id]));
                    }
                }
            }
        }
    }

    internal void Leave(RewardTicket ticket)
    {
        if (ticket.Member is { } member)
        {
            lock (_gate)
            {
                member.Connections--;
            }
        }
    }

    private static CohortMember Required(RewardTicket ticket) =>
        ticket.Member ?? throw new InvalidOperationException("A refused member has no cohort.");

    /// <summary>Refuses what can be seen to be wrong in a member alone.</summary>
    /// <exception cref="ApiException">Says what must hold.</exception>
    internal void Check(RewardMember member)
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

        if (member.Attempt < 0)
        {
            throw ApiException.BadField("attempt", $"attempt is {member.Attempt}; it counts from 0.");
        }
    }

    private async Task<IReadOnlyList<string>> ReferencesAsync(RewardMember member)
    {
        byte[] query = RewardMember.HashOf(member.Query);
        if (member.References.Count > 0)
        {
            await _ledger.AddReferencesAsync(query, member.References);
        }

        if (member.Mode != RewardMode.Scalar || _judge.Score is not null)
        {
            return [];
        }

        IReadOnlyList<string> references = member.References.Count > 0 ? member.References : _ledger.FindReferences(query);
        return references.Count > 0
            ? references
            : throw ApiException.BadField(
                "mode",
                "mode is scalar, and the judge is no scalar reward model; then a response is compared with reference responses, and none "
                    + "is kept for this query. Send \"reference\", or use mode group."
            );
    }

    private RewardTicket EnterNamed(RewardMember member, string group, int index)
    {
        SortedDictionary<int, Cohort> attempts = AttemptsOf(group, member.Attempt);
        if (attempts.TryGetValue(member.Attempt, out Cohort? cohort))
        {
            return Join(cohort, member, index);
        }

        if (attempts.Count > 0 && attempts.Keys.Last() is var latest && latest > member.Attempt)
        {
            RewardTelemetry.Count("superseded");
            return Refuse(member, FailureClass.Conflict, retryable: false, $"Attempt {member.Attempt} was replaced by attempt {latest}.");
        }

        if (IsFull())
        {
            return Overloaded(member);
        }

        cohort = Open(group, member.Attempt, member.Size, member, [], implicitKey: null);
        foreach (Cohort older in attempts.Values.Where(older => older.Attempt < member.Attempt && older.IsOpen).ToArray())
        {
            RewardTelemetry.Count("superseded");
            older.Supersede(member.Attempt);
        }

        return Join(cohort, member, index);
    }

    private RewardTicket EnterImplicit(RewardMember member)
    {
        string key = ImplicitKeyOf(member);
        List<Cohort> cohorts = _implicit.TryGetValue(key, out List<Cohort>? known) ? known : _implicit[key] = [];
        cohorts.RemoveAll(cohort => !cohort.IsOpen && !OwesAnswers(cohort));
        byte[] hash = member.Hash();
        CohortMember? lost = cohorts
            .SelectMany(cohort => cohort.Members.Values)
            .FirstOrDefault(other =>
                (
                    member.Index is null
                        ? other is { IsAnswered: false, Connections: 0 }
                        : member.Index == other.Index && (other.Cohort.IsOpen || !other.IsAnswered)
                ) && other.Hash.AsSpan().SequenceEqual(hash)
            );
        if (lost is not null)
        {
            RewardTelemetry.Count("duplicate");
            return Hold(lost);
        }

        if (IsFull())
        {
            return Overloaded(member);
        }

        Cohort? collecting = cohorts.Find(cohort =>
            cohort.State == RewardAnswer.Collecting
            && cohort.Members.Count < cohort.Size
            && (member.Index is not { } own || !cohort.Members.ContainsKey(own))
        );
        if (collecting is null)
        {
            if (cohorts.Exists(cohort => cohort.IsOpen))
            {
                RewardTelemetry.Count("collision");
                _options.OnWarning?.Invoke(
                    "two groups of the same query are open at once, and nothing but their order tells them apart; "
                        + "name groups (group, index) or raise the declared size"
                );
            }

            string group = FormattableString.Invariant($"implicit-{key}-{_run}-{_cohorts}");
            collecting = Open(group, 0, member.Size, member, [], key);
            cohorts.Add(collecting);
        }

        int index = member.Index ?? Enumerable.Range(0, collecting.Size).First(number => !collecting.Members.ContainsKey(number));
        return Join(collecting, member, index);
    }

    private RewardTicket EnterScalar(RewardMember member, IReadOnlyList<string> references)
    {
        // Each response is a cohort of its own. Without a group's name it is the same one whenever it is asked for.
        string group = member.Group is { } named
            ? FormattableString.Invariant($"scalar/{named}/{member.Index ?? 0}")
            : $"scalar/{Convert.ToHexStringLower(member.Hash())}/{Convert.ToHexStringLower(RewardMember.HashOf([.. references]))}";
        SortedDictionary<int, Cohort> attempts = AttemptsOf(group, member.Attempt);
        if (member.Group is null && attempts.Values.LastOrDefault() is { } last)
        {
            // Without a name nobody can ask for another attempt: what failed in passing is tried again.
            bool failed = last is { IsOpen: false } && last.Members.Values.Any(one => HasFailedInPassing(one));
            member = member with { Attempt = last.Attempt + (failed ? 1 : 0) };
        }

        if (!attempts.TryGetValue(member.Attempt, out Cohort? cohort))
        {
            if (IsFull())
            {
                return Overloaded(member);
            }

            cohort = Open(group, member.Attempt, 1, member, references, implicitKey: null);
        }

        return Join(cohort, member with { Size = 1 }, 0);

        static bool HasFailedInPassing(CohortMember one) => one.Final is { IsCompletedSuccessfully: true, Result.Failure.Retryable: true };
    }

    private RewardTicket Join(Cohort cohort, RewardMember member, int index)
    {
        if (cohort.Members.TryGetValue(index, out CohortMember? known))
        {
            if (known.Hash.AsSpan().SequenceEqual(member.Hash()))
            {
                RewardTelemetry.Count("duplicate");
                return Hold(known);
            }

            RewardTelemetry.Count("conflict");
            return Refuse(
                member,
                FailureClass.Conflict,
                retryable: false,
                $"Member {index} of this group and attempt came before with another query or response; send a higher attempt to start anew."
            );
        }

        if (!cohort.IsOpen)
        {
            return new(this, null, cohort.Late(member, index));
        }

        if ((cohort.ImplicitKey is null && cohort.Query != member.Query) || cohort.Size != member.Size)
        {
            RewardTelemetry.Count("conflict");
            return Refuse(
                member,
                FailureClass.Conflict,
                retryable: false,
                cohort.Size != member.Size
                    ? $"The group's size is {cohort.Size}, and this member says {member.Size}."
                    : "The group's other members answer another query; a group is one query's responses."
            );
        }

        if (IsFull())
        {
            return Overloaded(member);
        }

        string identity = FormattableString.Invariant($"{cohort.Group.Length}:{cohort.Group}|{cohort.Attempt}|{index}|");
        byte[] hash = member.Hash();
        string id = Convert.ToHexStringLower(RewardMember.HashOf(identity, Convert.ToHexString(hash)))[..32];
        CohortMember added = new(cohort, index, id, hash, member.Response, _time.GetUtcNow());
        cohort.Members.Add(index, added);
        _members[id] = added;
        Count(added);
        added.Kept = Track(KeepAsync(cohort, added));
        return Hold(added);
    }

    /// <summary>Keeps a member and lets it take part; where the ledger fails, it was never there.</summary>
    private async Task KeepAsync(Cohort cohort, CohortMember member)
    {
        StoredCohort stored = new()
        {
            Group = cohort.Group,
            Attempt = cohort.Attempt,
            Size = cohort.Size,
            ImplicitKey = cohort.ImplicitKey,
            Query = cohort.Query,
            Settings = JsonSerializer.Serialize(cohort.Settings, RewardJson.Wire.CohortSettings),
            Created = cohort.CreatedAt,
        };
        try
        {
            await _ledger.AddAsync(stored, new(member.Index, member.Id, member.Hash, member.Response, member.ArrivedAt));
        }
        catch
        {
            lock (_gate)
            {
                Uncount(member);
                cohort.Members.Remove(member.Index);
                _members.Remove(member.Id);
            }

            throw;
        }

        lock (_gate)
        {
            _lastMove = _time.GetTimestamp();
            cohort.Arrive(member);
        }
    }

    private Cohort Open(string group, int attempt, int size, RewardMember first, IReadOnlyList<string> references, string? implicitKey)
    {
        int matches =
            first.Mode == RewardMode.Scalar ? Math.Max(1, references.Count)
            : size <= _options.RoundRobinSize ? size * (size - 1) / 2
            : size * _options.Opponents;
        CohortSettings settings = new(
            (first.CollectTime ?? _options.CollectTime).TotalSeconds,
            (first.JudgeTime ?? _options.JudgeTime ?? _pace.TimeFor(matches)).TotalSeconds,
            first.Policy,
            first.Mode,
            references
        );
        Cohort cohort = new(_context, group, attempt, size, first.Query, settings) { Number = _cohorts++, ImplicitKey = implicitKey };
        AttemptsInMemory(group)[attempt] = cohort;
        return cohort;
    }

    /// <summary>Puts a cohort of the ledger into memory; members of an open one take part again, with fresh clocks.</summary>
    private void TakeOver(StoredCohort stored)
    {
        SortedDictionary<int, Cohort> attempts = AttemptsInMemory(stored.Group);
        if (attempts.ContainsKey(stored.Attempt))
        {
            return;
        }

        CohortSettings settings =
            JsonSerializer.Deserialize(stored.Settings, RewardJson.Wire.CohortSettings)
            ?? throw new InvalidOperationException("The ledger holds a cohort without settings.");
        Cohort cohort = new(_context, stored.Group, stored.Attempt, stored.Size, stored.Query, settings)
        {
            Number = _cohorts++,
            ImplicitKey = stored.ImplicitKey,
            CreatedAt = stored.Created,
        };
        attempts[stored.Attempt] = cohort;
        foreach (StoredMember one in stored.Members)
        {
            CohortMember member = new(cohort, one.Index, one.Id, one.Hash, one.Response, one.Arrived) { IsAnswered = one.Delivered };
            cohort.Members.Add(one.Index, member);
            _members[one.Id] = member;
        }

        if (stored.ImplicitKey is { } key)
        {
            (_implicit.TryGetValue(key, out List<Cohort>? known) ? known : _implicit[key] = []).Add(cohort);
        }

        if (stored.Closed is { } closed)
        {
            cohort.Restore(closed);
            foreach (StoredMember one in stored.Members)
            {
                if (one.Answer is { } answer && JsonSerializer.Deserialize(answer, RewardJson.Wire.RewardAnswer) is { } final)
                {
                    cohort.Members[one.Index].Finish(final);
                }
            }

            Retire(cohort);
            return;
        }

        foreach (CohortMember member in cohort.Members.Values)
        {
            Count(member);
            cohort.Arrive(member);
        }

        if (attempts.Keys.Last() is var latest)
        {
            foreach (Cohort older in attempts.Values.Where(older => older.Attempt < latest && older.IsOpen).ToArray())
            {
                older.Supersede(latest);
            }
        }
    }

    private SortedDictionary<int, Cohort> AttemptsOf(string group, int attempt)
    {
        if (!_groups.TryGetValue(group, out SortedDictionary<int, Cohort>? attempts) || !attempts.ContainsKey(attempt))
        {
            foreach (StoredCohort stored in _ledger.FindGroup(group))
            {
                TakeOver(stored);
            }
        }

        return AttemptsInMemory(group);
    }

    private SortedDictionary<int, Cohort> AttemptsInMemory(string group) =>
        _groups.TryGetValue(group, out SortedDictionary<int, Cohort>? attempts) ? attempts : _groups[group] = [];

    private void Start(CohortMatch match)
    {
        Comparison comparison = match.Cohort.Begin(match);
        Track(Task.Run(() => JudgeAsync(match, comparison)));
    }

    private async Task JudgeAsync(CohortMatch match, Comparison comparison)
    {
        long start = _time.GetTimestamp();
        MatchEnd end;
        Judgment? judgment = null;
        try
        {
            using CancellationTokenSource stop = CancellationTokenSource.CreateLinkedTokenSource(match.Stop.Token, _stopped.Token);
            if (match.Second == CohortMatch.Nobody && _judge.Score is { } score)
            {
                double value = await score(comparison.Query, comparison.Response1, stop.Token);
                end = new(
                    MatchOutcome.Missing,
                    double.IsFinite(value) ? null : FailureClass.Unparsable,
                    Usage.None,
                    _time.GetElapsedTime(start)
                )
                {
                    Score = double.IsFinite(value) ? value : null,
                };
            }
            else
            {
                judgment = await _judge.Judge.JudgeAsync(comparison, stop.Token);
                end = EndOf(judgment, _time.GetElapsedTime(start));
            }
        }
        catch (OperationCanceledException) when (match.Stop.IsCancellationRequested || _stopped.IsCancellationRequested)
        {
            return; // it was ended by a clock, or the service stops and the cohort stays open in the ledger
        }
        catch (Exception failure)
        {
            FailureClass kind = MatchFailure.Of(failure);
            if (FailurePolicy.ScopeOf(failure) == FailureScope.Run)
            {
                _options.OnWarning?.Invoke(
                    $"the judge failed with {failure.GetType().Name}; it will fail at every match until that is mended"
                );
            }

            end = MatchEnd.Failed(kind) with { Elapsed = _time.GetElapsedTime(start) };
        }

        lock (_gate)
        {
            _lastMove = _time.GetTimestamp();
            if (judgment is not null)
            {
                _pace.Observe(judgment);
            }

            match.Cohort.End(match, end);
        }
    }

    private static MatchEnd EndOf(Judgment judgment, TimeSpan elapsed) =>
        judgment.Preferred switch
        {
            Verdict.First => new(MatchOutcome.First, null, judgment.Usage, elapsed),
            Verdict.Second => new(MatchOutcome.Second, null, judgment.Usage, elapsed),
            _ => new(MatchOutcome.Missing, MatchFailure.Of(judgment), judgment.Usage, elapsed),
        };

    private void Close(Cohort cohort, IReadOnlyDictionary<int, RewardAnswer> answers) => Track(CloseAsync(cohort, answers));

    private async Task CloseAsync(Cohort cohort, IReadOnlyDictionary<int, RewardAnswer> answers)
    {
        // What follows waits for the ledger and must not do so under the gate, which the caller holds.
        await Task.Yield();
        try
        {
            await _ledger.CloseAsync(
                cohort.Group,
                cohort.Attempt,
                cohort.ClosedAt ?? _time.GetUtcNow(),
                [.. answers.Select(answer => (answer.Key, JsonSerializer.Serialize(answer.Value, RewardJson.Wire.RewardAnswer)))]
            );
        }
        catch (RewardReasoningException failure)
        {
            _options.OnWarning?.Invoke($"rewards could not be kept, so nobody is given them: {failure.Message}");
            answers = answers.ToDictionary(answer => answer.Key, answer => NotKept(answer.Value));
        }

        lock (_gate)
        {
            _lastMove = _time.GetTimestamp();
            foreach (CohortMember member in cohort.Members.Values)
            {
                Uncount(member);
                member.Finish(answers[member.Index]);
            }

            RewardTelemetry.Closed(cohort, [.. answers.Values]);
            if (answers.Values.Any(answer => answer.Failure?.Stage == RewardStage.Store))
            {
                Forget(cohort); // it is still open in the ledger: a retry judges again, from the store of completions
            }
            else
            {
                Retire(cohort);
            }
        }
    }

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

    private void Retire(Cohort cohort)
    {
        _closed.Enqueue(cohort);
        while (_closed.Count > ClosedCohortsInMemory)
        {
            Forget(_closed.Dequeue());
        }
    }

    private void Forget(Cohort cohort)
    {
        foreach (CohortMember member in cohort.Members.Values)
        {
            _members.Remove(member.Id);
        }

        if (_groups.TryGetValue(cohort.Group, out SortedDictionary<int, Cohort>? attempts))
        {
            attempts.Remove(cohort.Attempt);
            if (attempts.Count == 0)
            {
                _groups.Remove(cohort.Group);
            }
        }

        if (
            cohort.ImplicitKey is { } key
            && _implicit.TryGetValue(key, out List<Cohort>? cohorts)
            && cohorts.Remove(cohort)
            && cohorts.Count == 0
        )
        {
            _implicit.Remove(key);
        }
    }

    private bool OwesAnswers(Cohort cohort) =>
        cohort.ClosedAt is { } closed
        && _time.GetUtcNow() - closed < _options.RedeliveryTime
        && cohort.Members.Values.Any(member => !member.IsAnswered);

    /// <summary>Looks for a standstill that only clients can end: every waiting member holds a connection, and no other comes.</summary>
    private void Watch()
    {
        lock (_gate)
        {
            Cohort[] collecting =
            [
                .. _groups.Values.SelectMany(attempts => attempts.Values).Where(cohort => cohort.State == RewardAnswer.Collecting),
            ];
            bool starving =
                collecting.Length > 1
                && _queue.Running == 0
                && Volatile.Read(ref _held) > 0
                && _time.GetElapsedTime(_lastMove) >= _options.StarvingAfter
                && Array.TrueForAll(collecting, cohort => cohort.Members.Values.All(member => member.Connections > 0));
            if (starving && !Array.Exists(collecting, cohort => cohort.IsStarving))
            {
                RewardTelemetry.Count("starvation");
                _options.OnWarning?.Invoke(
                    FormattableString.Invariant(
                        $"{collecting.Length} groups wait for members, {_held} connections are held and nothing has come for "
                    )
                        + FormattableString.Invariant(
                            $"{_time.GetElapsedTime(_lastMove).TotalSeconds:0} s: the client seems to hold back the others "
                        )
                        + "until these are answered. Let it submit and poll, or open more connections."
                );
            }

            foreach (Cohort cohort in collecting)
            {
                cohort.IsStarving = starving;
            }
        }
    }

    private void Count(CohortMember member)
    {
        member.IsCounted = true;
        _openMembers++;
    }

    private void Uncount(CohortMember member)
    {
        _openMembers -= member.IsCounted ? 1 : 0;
        member.IsCounted = false;
    }

    private bool IsFull() => _openMembers >= _options.MaxOpenMembers;

    private RewardTicket Overloaded(RewardMember member)
    {
        RewardTelemetry.Count("overload");
        return Refuse(
            member,
            FailureClass.Overload,
            retryable: true,
            $"{_options.MaxOpenMembers} members are waiting or being judged, the most that this server takes."
        );
    }

    private RewardTicket Refuse(RewardMember member, FailureClass failure, bool retryable, string detail) =>
        new(this, null, RewardAnswer.Refusal(member, failure, retryable, detail));

    private RewardTicket Hold(CohortMember member)
    {
        member.Connections++;
        return new(this, member, null);
    }

    private Task Track(Task work)
    {
        lock (_gate)
        {
            _working.Add(work);
        }

        _ = work.ContinueWith(
            done =>
            {
                lock (_gate)
                {
                    _working.Remove(done);
                }
            },
            CancellationToken.None,
            TaskContinuationOptions.ExecuteSynchronously,
            TaskScheduler.Default
        );
        return work;
    }

    private static string ImplicitKeyOf(RewardMember member)
    {
        string normal = string.Join(
            ' ',
            member.Query.Normalize(NormalizationForm.FormC).Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries)
        );
        string settings = FormattableString.Invariant($"{member.Size}|{member.Attempt}|{member.Policy}|{member.Task}");
        return Convert.ToHexStringLower(RewardMember.HashOf(normal, settings))[..32];
    }
}
