using System.Globalization;
using System.Text.Json;
using RewardReasoning.Storage.Rewards;

namespace RewardReasoning.Server.Rewards;

/// <summary>
/// The cohorts in memory: by group and attempt, by query where they have no name, and by member. What is not in memory is looked up in the
/// ledger; of the closed ones only so many stay. For callers that hold the gate.
/// </summary>
internal sealed class CohortRegistry(CohortContext context, IRewardLedger ledger)
{
    private const int ClosedInMemory = 1_024;

    private readonly Dictionary<string, SortedDictionary<int, Cohort>> _groups = new(StringComparer.Ordinal);
    private readonly Dictionary<string, List<Cohort>> _implicit = new(StringComparer.Ordinal);
    private readonly Dictionary<string, CohortMember> _members = new(StringComparer.Ordinal);
    private readonly Queue<Cohort> _closed = [];
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

    /// <summary>The attempts at a group, those of the ledger too where this one is not in memory.</summary>
    public SortedDictionary<int, Cohort> AttemptsOf(string group, int attempt)
    {
        if (!_groups.TryGetValue(group, out SortedDictionary<int, Cohort>? attempts) || !attempts.ContainsKey(attempt))
        {
            foreach (StoredCohort stored in ledger.FindGroup(group))
            {
                TakeOver(stored);
            }
        }

        return AttemptsInMemory(group);
    }

    /// <summary>The cohorts of a query that are open, or owe somebody an answer.</summary>
    public List<Cohort> OfQuery(string key)
    {
        List<Cohort> cohorts = Implicit(key);
        cohorts.RemoveAll(cohort => !cohort.IsOpen && !OwesAnswers(cohort));
        return cohorts;
    }

    /// <summary>The member of an id; null where neither memory nor ledger have it.</summary>
    public CohortMember? Find(string id)
    {
        if (!_members.TryGetValue(id, out CohortMember? member) && ledger.FindMember(id) is { } stored)
        {
            TakeOver(stored);
            _members.TryGetValue(id, out member);
        }

        return member;
    }

    /// <summary>Makes a cohort.</summary>
    public Cohort Open(string group, int attempt, int size, string query, CohortSettings settings)
    {
        Cohort cohort = new(context, group, attempt, size, query, settings) { Number = _cohorts++ };
        AttemptsInMemory(group)[attempt] = cohort;
        TakePlaces(cohort);
        return cohort;
    }

    /// <summary>Makes a cohort of a query that has no group.</summary>
    public Cohort OpenImplicit(string key, int size, string query, CohortSettings settings)
    {
        string group = FormattableString.Invariant($"implicit-{key}-{_run}-{_cohorts}");
        Cohort cohort = new(context, group, 0, size, query, settings) { Number = _cohorts++, ImplicitKey = key };
        AttemptsInMemory(group)[0] = cohort;
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
        SortedDictionary<int, Cohort> attempts = AttemptsInMemory(stored.Group);
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

    private SortedDictionary<int, Cohort> AttemptsInMemory(string group) =>
        _groups.TryGetValue(group, out SortedDictionary<int, Cohort>? attempts) ? attempts : _groups[group] = [];

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
