using System.Globalization;
using System.Text.Json;
using RewardReasoning.Storage.Rewards;

namespace RewardReasoning.Server.Rewards;

/// <summary>
/// The cohorts in memory: by group and attempt, by query where they have no name, and by member. All are of shards that this process owns.
/// What is not in memory may be in the ledger; of the closed ones only so many stay. For callers that hold the gate.
/// </summary>
internal sealed class CohortRegistry(CohortContext context)
{
    private const int ClosedInMemory = 1_024;

    private readonly Dictionary<string, SortedDictionary<int, Cohort>> _groups = new(StringComparer.Ordinal);
    private readonly Dictionary<string, List<Cohort>> _implicit = new(StringComparer.Ordinal);
    private readonly Dictionary<string, CohortMember> _members = new(StringComparer.Ordinal);
    private readonly Queue<Cohort> _closed = [];
    private readonly Dictionary<int, long> _epochs = [];
    private readonly string _run = context.Time.GetUtcNow().ToUnixTimeMilliseconds().ToString("x", CultureInfo.InvariantCulture);
    private long _cohorts;
    private int _openMembers;
    private int _places;

    /// <summary>Members that are waiting or being judged; may be read without the gate.</summary>
    public int OpenMembers => Volatile.Read(ref _openMembers);

    /// <summary>
    /// Whether a cohort of a size may be opened. An open cohort has places for all the members that it announced, so that those of a
    /// group that has begun are never turned away, and no group waits for members that nobody takes.
    /// </summary>
    public bool HasRoomFor(int size) => _places + size <= context.Options.MaxOpenMembers;

    /// <summary>All cohorts.</summary>
    public IEnumerable<Cohort> All => _groups.Values.SelectMany(attempts => attempts.Values);

    /// <summary>Shards that this process owns.</summary>
    public IReadOnlyCollection<int> Shards => _epochs.Keys;

    /// <summary>The epoch under which this process owns a shard.</summary>
    /// <exception cref="LostShardException">It does not.</exception>
    public long EpochOf(int shard) => _epochs.TryGetValue(shard, out long epoch) ? epoch : throw new LostShardException(shard);

    /// <summary>This process has become the owner of shards.</summary>
    public void Own(IReadOnlyDictionary<int, long> epochs)
    {
        foreach ((int shard, long epoch) in epochs)
        {
            _epochs[shard] = epoch;
        }
    }

    /// <summary>This process owns a shard no longer; all of its cohorts are forgotten.</summary>
    /// <returns>Those that were there.</returns>
    public IReadOnlyList<Cohort> Disown(int shard)
    {
        _epochs.Remove(shard);
        Cohort[] gone = [.. All.Where(cohort => cohort.Shard == shard)];
        Array.ForEach(gone, Forget);
        return gone;
    }

    /// <summary>Whether an attempt at a group is in memory.</summary>
    public bool Knows(string group, int attempt) =>
        _groups.TryGetValue(group, out SortedDictionary<int, Cohort>? attempts) && attempts.ContainsKey(attempt);

    /// <summary>The attempts at a group that are in memory.</summary>
    public SortedDictionary<int, Cohort> AttemptsOf(string group) =>
        _groups.TryGetValue(group, out SortedDictionary<int, Cohort>? attempts) ? attempts : _groups[group] = [];

    /// <summary>The cohorts of a query that are open, or owe somebody an answer.</summary>
    public List<Cohort> OfQuery(string key)
    {
        List<Cohort> cohorts = Implicit(key);
        cohorts.RemoveAll(cohort => !cohort.IsOpen && !OwesAnswers(cohort));
        return cohorts;
    }

    /// <summary>The member of an id; null where memory does not have it.</summary>
    public CohortMember? Find(string id) => _members.GetValueOrDefault(id);

    /// <summary>Makes a cohort.</summary>
    public Cohort Open(string group, int attempt, int size, string query, CohortSettings settings)
    {
        Cohort cohort = new(context, group, attempt, size, query, settings)
        {
            Number = _cohorts++,
            Epoch = EpochOf(RewardShard.Of(group, null)),
        };
        AttemptsOf(group)[attempt] = cohort;
        TakePlaces(cohort);
        return cohort;
    }

    /// <summary>Makes a cohort of a query that has no group.</summary>
    public Cohort OpenImplicit(string key, int size, string query, CohortSettings settings)
    {
        long epoch = EpochOf(RewardShard.Of("", key));
        string group = FormattableString.Invariant($"implicit-{key}-{epoch}-{_run}-{_cohorts}");
        Cohort cohort = new(context, group, 0, size, query, settings)
        {
            Number = _cohorts++,
            ImplicitKey = key,
            Epoch = epoch,
        };
        AttemptsOf(group)[0] = cohort;
        TakePlaces(cohort);
        Implicit(key).Add(cohort);
        return cohort;
    }

    /// <summary>A member is there, if not yet kept.</summary>
    public void Add(CohortMember member)
    {
        member.Cohort.Members.Add(member.Index, member);
        _members[member.Id] = member;
        Count(member);
    }

    /// <summary>A member was never there.</summary>
    public void Remove(CohortMember member)
    {
        Uncount(member);
        member.Cohort.Members.Remove(member.Index);
        _members.Remove(member.Id);
    }

    /// <summary>A cohort is closed: it stays in memory until many others were closed after it.</summary>
    public void Retire(Cohort cohort)
    {
        FreePlaces(cohort);
        foreach (CohortMember member in cohort.Members.Values)
        {
            Uncount(member);
        }

        _closed.Enqueue(cohort);
        while (_closed.Count > ClosedInMemory)
        {
            Forget(_closed.Dequeue());
        }
    }

    /// <summary>Leaves a cohort to the ledger.</summary>
    public void Forget(Cohort cohort)
    {
        FreePlaces(cohort);
        foreach (CohortMember member in cohort.Members.Values)
        {
            Uncount(member);
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

    /// <summary>Puts a cohort of the ledger into memory; members of an open one take part again, with fresh clocks.</summary>
    public void TakeOver(StoredCohort stored)
    {
        SortedDictionary<int, Cohort> attempts = AttemptsOf(stored.Group);
        if (attempts.ContainsKey(stored.Attempt))
        {
            return;
        }

        CohortSettings settings =
            JsonSerializer.Deserialize(stored.Settings, RewardJson.Wire.CohortSettings)
            ?? throw new InvalidOperationException("The ledger holds a cohort without settings.");
        Cohort cohort = new(context, stored.Group, stored.Attempt, stored.Size, stored.Query, settings)
        {
            Number = _cohorts++,
            ImplicitKey = stored.ImplicitKey,
            Epoch = EpochOf(stored.Shard),
            CreatedAt = stored.Created,
        };
        attempts[stored.Attempt] = cohort;
        foreach (StoredMember one in stored.Members)
        {
            Add(new(cohort, one.Index, one.Id, one.Hash, one.Response, one.Arrived) { IsAnswered = one.Delivered });
        }

        if (stored.ImplicitKey is { } key)
        {
            Implicit(key).Add(cohort);
        }

        if (stored.Closed is { } closed)
        {
            Restore(cohort, stored, closed);
            return;
        }

        TakePlaces(cohort);
        foreach (CohortMember member in cohort.Members.Values)
        {
            cohort.Arrive(member);
        }

        int latest = attempts.Keys.Last();
        foreach (Cohort older in attempts.Values.Where(older => older.Attempt < latest && older.IsOpen).ToArray())
        {
            older.Supersede(latest);
        }
    }

    private void Restore(Cohort cohort, StoredCohort stored, DateTimeOffset closed)
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
    }

    private List<Cohort> Implicit(string key) => _implicit.TryGetValue(key, out List<Cohort>? known) ? known : _implicit[key] = [];

    private bool OwesAnswers(Cohort cohort) =>
        cohort.ClosedAt is { } closed
        && context.Time.GetUtcNow() - closed < context.Options.RedeliveryTime
        && cohort.Members.Values.Any(member => !member.IsAnswered);

    private void TakePlaces(Cohort cohort)
    {
        cohort.Places = cohort.Size;
        _places += cohort.Places;
    }

    private void FreePlaces(Cohort cohort)
    {
        _places -= cohort.Places;
        cohort.Places = 0;
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
}
