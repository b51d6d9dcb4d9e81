using System.Text.Json;
using System.Text.Json.Serialization;
using RewardReasoning.Rankings;
using RewardReasoning.Storage.Rewards;

namespace RewardReasoning.Server.Rewards;

/// <summary>What a cohort needs around it.</summary>
/// <param name="Options">How rewards are given.</param>
/// <param name="Judge">The judge.</param>
/// <param name="Time">The clock.</param>
/// <param name="Gate">Guards all cohorts; timers take it.</param>
/// <param name="Enqueue">Queues a match for the judge.</param>
/// <param name="Release">Gives a place of the judge back.</param>
/// <param name="Close">Keeps the answers of a closed cohort and gives them out.</param>
internal sealed record CohortContext(
    RewardOptions Options,
    RewardJudge Judge,
    TimeProvider Time,
    Lock Gate,
    Action<CohortMatch> Enqueue,
    Action Release,
    Action<ClosedCohort> Close
)
{
    /// <summary>Who meets whom.</summary>
    public CohortPairs Pairs { get; } = new(Options, Judge.Seed);
}

/// <summary>Who meets whom in cohorts, which depends on their size alone; drawn once for each. For callers that hold the gate.</summary>
internal sealed class CohortPairs(RewardOptions options, long seed)
{
    private const int MostSizes = 64;

    private readonly Dictionary<int, IReadOnlySet<Pairing>> _known = [];

    /// <summary>The pairs of indices that meet in a cohort of a size.</summary>
    public IReadOnlySet<Pairing> Of(int size)
    {
        if (!_known.TryGetValue(size, out IReadOnlySet<Pairing>? pairs))
        {
            pairs = CohortTable.Pairs(size, options.RoundRobinSize, options.Opponents, seed);
            if (_known.Count < MostSizes)
            {
                _known[size] = pairs;
            }
        }

        return pairs;
    }
}

/// <summary>A cohort that is closed, with what its answers follow from.</summary>
/// <param name="Cohort">The cohort.</param>
/// <param name="Members">Each with its candidate (−1: it never took part), and what is the same in every answer.</param>
/// <param name="Outcome">What the members earned.</param>
internal sealed record ClosedCohort(Cohort Cohort, IReadOnlyList<(int Candidate, RewardAnswer Frame)> Members, CohortOutcome Outcome);

/// <summary>How a cohort is judged; kept with it.</summary>
internal sealed record CohortSettings(
    double CollectS,
    double JudgeS,
    PartialPolicy Policy,
    RewardMode Mode,
    IReadOnlyList<string> References
)
{
    private RewardDeadline? _deadline;

    [JsonIgnore]
    public RewardDeadline Deadline => _deadline ??= new(CollectS, JudgeS);
}

/// <summary>
/// The responses to one query that are judged together. Members come in any order; from the second one on, every pair that is to meet is
/// judged as soon as both are there. Two clocks end it: one for the members to come, from the first one on; one for the judge, which runs
/// while at least one match is with the judge, so that waiting for members or for a place costs nothing. For callers that hold the gate.
/// </summary>
internal sealed class Cohort
{
    private readonly CohortContext _context;
    private readonly IReadOnlySet<Pairing> _pairs;
    private readonly List<string> _candidates = [];
    private readonly Dictionary<string, int> _candidateOf = new(StringComparer.Ordinal);
    private readonly Dictionary<Pairing, CohortMatch> _matches = [];
    private readonly ITimer _collectClock;
    private readonly ITimer _judgeClock;
    private string? _settingsJson;
    private int _running;
    private int _open;
    private long _runningSince;
    private TimeSpan _judged;

    public Cohort(CohortContext context, string group, int attempt, int size, string query, CohortSettings settings)
    {
        _context = context;
        (Group, Attempt, Size, Query, Settings) = (group, attempt, size, query, settings);
        _pairs = settings.Mode == RewardMode.Group ? context.Pairs.Of(size) : new HashSet<Pairing>();
        CreatedAt = context.Time.GetUtcNow();
        Start = LastArrival = context.Time.GetTimestamp();
        _collectClock = context.Time.CreateTimer(
            _ => UnderGate(CollectingTimedOut),
            null,
            TimeSpan.FromSeconds(settings.CollectS),
            Timeout.InfiniteTimeSpan
        );
        _judgeClock = context.Time.CreateTimer(_ => UnderGate(JudgingTimedOut), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    public string Group { get; }

    public int Attempt { get; }

    public int Size { get; }

    public string Query { get; }

    public CohortSettings Settings { get; }

    /// <summary>The settings as the ledger keeps them.</summary>
    public string SettingsJson => _settingsJson ??= JsonSerializer.Serialize(Settings, RewardJson.Wire.CohortSettings);

    /// <summary>What members without a group's name are recognised by; null for a named group.</summary>
    public string? ImplicitKey { get; init; }

    /// <summary>Its part of the ledger.</summary>
    public int Shard => RewardShard.Of(Group, ImplicitKey);

    /// <summary>The epoch of its shard, under which the ledger takes what is written of it.</summary>
    public required long Epoch { get; init; }

    /// <summary>Counted up with each cohort: the judge works on older ones first.</summary>
    public required long Number { get; init; }

    public DateTimeOffset CreatedAt { get; init; }

    public long Start { get; }

    public long LastArrival { get; private set; }

    public DateTimeOffset? ClosedAt { get; private set; }

    public SortedDictionary<int, CohortMember> Members { get; } = [];

    /// <summary><see cref="RewardAnswer.Collecting"/>, <see cref="RewardAnswer.Judging"/> or <see cref="RewardAnswer.Done"/>.</summary>
    public string State { get; private set; } = RewardAnswer.Collecting;

    public bool IsOpen => State != RewardAnswer.Done;

    /// <summary>Whether its members waited in vain because their client kept back the others; set by the service.</summary>
    public bool IsStarving { get; set; }

    /// <summary>How many of the service's places it holds; set by the registry.</summary>
    public int Places { get; set; }

    public int Arrived { get; private set; }

    /// <summary>Time between the last member's arrival and closing, less the longest of its own matches.</summary>
    public TimeSpan? LastMemberWait { get; private set; }

    /// <summary>A member is there, and kept.</summary>
    public void Arrive(CohortMember member)
    {
        if (!IsOpen)
        {
            return;
        }

        LastArrival = _context.Time.GetTimestamp();
        Arrived++;
        member.Candidate = CandidateOf(member.Response);
        if (Settings.Mode == RewardMode.Scalar)
        {
            ScheduleScalar(member.Candidate);
            EndCollecting();
            return;
        }

        foreach (CohortMember other in Members.Values)
        {
            if (other.HasArrived && other != member && _pairs.Contains(new Pairing(member.Index, other.Index).Ordered))
            {
                Schedule(member.Candidate, other.Candidate);
            }
        }

        if (Arrived == Size)
        {
            EndCollecting();
        }
    }

    /// <summary>The judge begins with a match.</summary>
    public Comparison Begin(CohortMatch match)
    {
        match.IsRunning = true;
        if (_running++ == 0)
        {
            _runningSince = _context.Time.GetTimestamp();
            TimeSpan left = TimeSpan.FromSeconds(Settings.JudgeS) - _judged;
            _judgeClock.Change(left > TimeSpan.Zero ? left : TimeSpan.Zero, Timeout.InfiniteTimeSpan);
        }

        return match.Second == CohortMatch.Nobody
            ? new(Query, _candidates[match.First], "")
            : new(Query, _candidates[match.First], _candidates[match.Second]);
    }

    /// <summary>A match has ended, by the judge or by a clock.</summary>
    public void End(CohortMatch match, MatchEnd end)
    {
        if (match.End(end))
        {
            _open--;
            LeaveJudge(match);
            CloseIfJudged();
        }
    }

    /// <summary>A later attempt replaces this one.</summary>
    public void Supersede(int by) =>
        Fail(
            new(
                FailureClass.Conflict,
                RewardStage.Collect,
                Retryable: false,
                FormattableString.Invariant($"Attempt {Attempt} was replaced by attempt {by}.")
            )
        );

    /// <summary>What a member is answered now.</summary>
    public RewardAnswer Current(CohortMember member) =>
        member.Final.IsCompletedSuccessfully
            ? member.Final.Result
            // Closed, and the answers are not kept yet: nobody is given them before they are.
            : Frame(member, IsOpen ? State : RewardAnswer.Judging);

    /// <summary>What a member is answered that comes when the cohort is closed.</summary>
    /// <param name="hash">SHA-256 of its query and response.</param>
    /// <param name="index">Its number.</param>
    public RewardAnswer Late(byte[] hash, int index)
    {
        RewardAnswer[] known = [.. Members.Values.Where(other => other.Final.IsCompletedSuccessfully).Select(other => other.Final.Result)];
        if (
            Members.Values.FirstOrDefault(other => other.Hash.AsSpan().SequenceEqual(hash) && other.Final.IsCompletedSuccessfully) is
            { } equal
        )
        {
            return equal.Final.Result with { Id = null, Index = index, WaitedS = 0 };
        }

        RewardFailure? ofAll =
            known.Length > 0 && Array.TrueForAll(known, answer => answer.Failure?.Class == known[0].Failure?.Class)
                ? known[0].Failure
                : null;
        return new()
        {
            State = RewardAnswer.Done,
            Group = ImplicitKey is null ? Group : null,
            Attempt = Attempt,
            Index = index,
            Failure =
                ofAll
                ?? new(
                    FailureClass.TimeoutCollect,
                    RewardStage.Collect,
                    Retryable: false,
                    "The cohort was closed before this member came; the others have their rewards."
                ),
            Cohort = new(Arrived, Size, Arrived < Size),
            Judge = _context.Judge.Fingerprint.Value,
            Deadline = Settings.Deadline,
        };
    }

    /// <summary>Whether a clock or the judge may still change it; the service stops it when it ends itself.</summary>
    public void Abandon()
    {
        StopClocks();
        foreach (CohortMatch match in _matches.Values.Where(match => !match.HasEnded))
        {
            _ = match.Stop.CancelAsync();
        }
    }

    /// <summary>This process has it no longer: nothing of it is judged any more, and whoever waits learns why.</summary>
    public void Drop(RewardReasoningException why)
    {
        if (IsOpen)
        {
            State = RewardAnswer.Done;
            StopClocks();
            GiveUp(FailureClass.Transport);
        }

        foreach (CohortMember member in Members.Values)
        {
            member.Lose(why);
        }
    }

    /// <summary>As the ledger keeps it, without its members.</summary>
    public StoredCohort ToStored() =>
        new()
        {
            Group = Group,
            Attempt = Attempt,
            Size = Size,
            ImplicitKey = ImplicitKey,
            Epoch = Epoch,
            Query = Query,
            Settings = SettingsJson,
            Created = CreatedAt,
        };

    /// <summary>Takes over what another process closed.</summary>
    public void Restore(DateTimeOffset closedAt)
    {
        (State, ClosedAt, Arrived) = (RewardAnswer.Done, closedAt, Members.Count);
        foreach (CohortMember member in Members.Values)
        {
            member.Candidate = 0;
        }

        StopClocks();
    }

    private int CandidateOf(string response)
    {
        if (!_candidateOf.TryGetValue(response, out int candidate))
        {
            candidate = _candidateOf[response] = _candidates.Count;
            _candidates.Add(response);
        }

        return candidate;
    }

    private void ScheduleScalar(int candidate)
    {
        if (_context.Judge.Score is not null)
        {
            Enqueue(new(candidate, CohortMatch.Nobody));
        }

        foreach (string reference in _context.Judge.Score is null ? Settings.References : [])
        {
            Schedule(candidate, CandidateOf(reference));
        }
    }

    /// <summary>Two candidates are to meet, the smaller text first, so that neither numbering nor order of arrival matters.</summary>
    private void Schedule(int one, int other)
    {
        if (one != other)
        {
            Enqueue(string.CompareOrdinal(_candidates[one], _candidates[other]) < 0 ? new(one, other) : new(other, one));
        }
    }

    private void Enqueue(Pairing pairing)
    {
        if (!_matches.ContainsKey(pairing))
        {
            CohortMatch match = _matches[pairing] = new(this, pairing.First, pairing.Second);
            _open++;
            _context.Enqueue(match);
        }
    }

    private void EndCollecting()
    {
        State = RewardAnswer.Judging;
        _collectClock.Change(Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        if (Settings.Mode == RewardMode.Group && Arrived < Size)
        {
            int[] present = [.. Members.Values.Where(member => member.HasArrived).Select(member => member.Index)];
            int opponents = Size <= _context.Options.RoundRobinSize ? Size : _context.Options.Opponents;
            foreach (Pairing pairing in CohortTable.PairsOfPresent(present, _pairs, opponents, _context.Judge.Seed))
            {
                Schedule(Members[pairing.First].Candidate, Members[pairing.Second].Candidate);
            }
        }

        CloseIfJudged();
    }

    private void CollectingTimedOut()
    {
        if (State != RewardAnswer.Collecting)
        {
            return;
        }

        int arrived = Arrived;
        if (arrived >= 2 && Settings.Policy == PartialPolicy.JudgePresent)
        {
            EndCollecting();
            return;
        }

        Fail(
            new(
                FailureClass.TimeoutCollect,
                RewardStage.Collect,
                Retryable: true,
                FormattableString.Invariant($"{arrived} of {Size} members came within {Settings.CollectS} s.")
                    + (
                        IsStarving
                            ? " Their client held its connections and sent no others: submit and poll, or open more connections."
                            : ""
                    )
            )
        );
    }

    private void JudgingTimedOut()
    {
        if (!IsOpen)
        {
            return;
        }

        State = RewardAnswer.Judging;
        GiveUp(FailureClass.TimeoutJudge);
        CloseIfJudged();
    }

    /// <summary>Ends what is not judged; places are given back when nothing of this cohort waits for one any more.</summary>
    private void GiveUp(FailureClass failure)
    {
        CohortMatch[] left = [.. _matches.Values.Where(match => !match.HasEnded)];
        foreach (CohortMatch match in left)
        {
            match.End(MatchEnd.Failed(failure));
            _open--;
            _ = match.Stop.CancelAsync(); // elsewhere: what the judge does then must not run under the gate
        }

        foreach (CohortMatch match in left)
        {
            LeaveJudge(match);
        }
    }

    private void LeaveJudge(CohortMatch match)
    {
        if (!match.IsRunning)
        {
            return;
        }

        match.IsRunning = false;
        if (--_running == 0)
        {
            _judged += _context.Time.GetElapsedTime(_runningSince);
            _judgeClock.Change(Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        }

        _context.Release();
    }

    private void CloseIfJudged()
    {
        if (State == RewardAnswer.Judging && _open == 0)
        {
            Close(null);
        }
    }

    private void Fail(RewardFailure failure)
    {
        if (IsOpen)
        {
            GiveUp(failure.Class);
            Close(failure);
        }
    }

    private void Close(RewardFailure? failure)
    {
        CohortOutcome outcome = new(Settings, Size, Arrived, _candidates.Count, [.. _matches.Values]) { Failure = failure };
        LastMemberWait = WaitOfLast();
        State = RewardAnswer.Done;
        ClosedAt = _context.Time.GetUtcNow();
        StopClocks();
        _matches.Clear();
        _candidates.Clear();
        _candidateOf.Clear();
        _context.Close(new(this, [.. Members.Values.Select(member => (member.Candidate, Frame(member, RewardAnswer.Done)))], outcome));
    }

    private RewardAnswer Frame(CohortMember member, string state) =>
        new()
        {
            Id = member.Id,
            State = state,
            Group = ImplicitKey is null ? Group : null,
            Attempt = Attempt,
            Index = member.Index,
            Cohort = new(Arrived, Size, Arrived < Size),
            Judge = _context.Judge.Fingerprint.Value,
            Deadline = Settings.Deadline,
            WaitedS = Math.Round(Math.Max(0, (_context.Time.GetUtcNow() - member.ArrivedAt).TotalSeconds), 3),
        };

    private TimeSpan? WaitOfLast()
    {
        CohortMember? last = Members.Values.Where(member => member.HasArrived).MaxBy(member => member.ArrivedAt);
        if (last is null || State != RewardAnswer.Judging)
        {
            return null;
        }

        TimeSpan own = _matches
            .Values.Where(match => match.Has(last.Candidate))
            .Select(match => match.Elapsed)
            .DefaultIfEmpty(TimeSpan.Zero)
            .Max();
        TimeSpan waited = _context.Time.GetElapsedTime(LastArrival) - own;
        return waited > TimeSpan.Zero ? waited : TimeSpan.Zero;
    }

    private void StopClocks()
    {
        _collectClock.Dispose();
        _judgeClock.Dispose();
    }

    private void UnderGate(Action action)
    {
        lock (_context.Gate)
        {
            action();
        }
    }
}
