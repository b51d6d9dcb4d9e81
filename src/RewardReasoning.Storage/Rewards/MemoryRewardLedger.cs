namespace RewardReasoning.Storage.Rewards;

/// <summary>
/// A ledger in memory, for servers without a store: it forgets the oldest closed cohorts beyond a number, and all with the process.
/// </summary>
internal sealed class MemoryRewardLedger : IRewardLedger
{
    private const int MaxClosed = 4_096;
    private const int MaxQueries = 65_536;

    private readonly Lock _lock = new();
    private readonly Dictionary<string, SortedDictionary<int, Kept>> _groups = new(StringComparer.Ordinal);
    private readonly Dictionary<string, Kept> _byMember = new(StringComparer.Ordinal);
    private readonly Queue<Kept> _closed = [];
    private readonly Dictionary<string, List<string>> _references = new(StringComparer.Ordinal);

    public bool IsDurable => false;

    public Task<ClaimedShards> ClaimAsync(IReadOnlyCollection<int> shards, DateTimeOffset closedAfter)
    {
        lock (_lock)
        {
            return Task.FromResult(
                ClaimedShards.Only(
                    shards,
                    [
                        .. _groups
                            .Values.SelectMany(attempts => attempts.Values)
                            .Where(kept => kept.Closed is null || (kept.Cohort.ImplicitKey is not null && kept.Closed > closedAfter))
                            .Select(kept => kept.ToStored()),
                    ]
                )
            );
        }
    }

    public Task<IReadOnlyList<StoredCohort>> FindGroupAsync(string group)
    {
        lock (_lock)
        {
            return Task.FromResult<IReadOnlyList<StoredCohort>>(
                _groups.TryGetValue(group, out SortedDictionary<int, Kept>? attempts)
                    ? [.. attempts.Values.Select(kept => kept.ToStored())]
                    : []
            );
        }
    }

    public Task<StoredCohort?> FindMemberAsync(string id)
    {
        lock (_lock)
        {
            return Task.FromResult(_byMember.GetValueOrDefault(id)?.ToStored());
        }
    }

    public Task AddAsync(StoredCohort cohort, StoredMember member)
    {
        lock (_lock)
        {
            SortedDictionary<int, Kept> attempts = _groups.TryGetValue(cohort.Group, out SortedDictionary<int, Kept>? known)
                ? known
                : _groups[cohort.Group] = [];
            Kept kept = attempts.TryGetValue(cohort.Attempt, out Kept? open) ? open : attempts[cohort.Attempt] = new(cohort);
            kept.Members.Add(member.Index, member);
            _byMember[member.Id] = kept;
        }

        return Task.CompletedTask;
    }

    public Task CloseAsync(StoredCohort cohort, DateTimeOffset closed, IReadOnlyList<(int Index, string Answer)> answers)
    {
        lock (_lock)
        {
            Kept kept = _groups[cohort.Group][cohort.Attempt];
            kept.Closed = closed;
            foreach ((int index, string answer) in answers)
            {
                kept.Members[index] = kept.Members[index] with { Response = "", Answer = answer };
            }

            _closed.Enqueue(kept);
            while (_closed.Count > MaxClosed)
            {
                Forget(_closed.Dequeue());
            }
        }

        return Task.CompletedTask;
    }

    public Task DeliverAsync(IReadOnlyList<string> ids)
    {
        lock (_lock)
        {
            foreach (string id in ids)
            {
                if (_byMember.TryGetValue(id, out Kept? kept))
                {
                    StoredMember member = kept.Members.Values.Single(member => member.Id == id);
                    kept.Members[member.Index] = member with { Delivered = true };
                }
            }
        }

        return Task.CompletedTask;
    }

    public Task AddReferencesAsync(byte[] query, IReadOnlyList<string> references)
    {
        lock (_lock)
        {
            string key = Convert.ToHexString(query);
            if (!_references.TryGetValue(key, out List<string>? kept) && _references.Count < MaxQueries)
            {
                kept = _references[key] = [];
            }

            kept?.AddRange(references.Except(kept, StringComparer.Ordinal));
        }

        return Task.CompletedTask;
    }

    public Task<IReadOnlyList<string>> FindReferencesAsync(byte[] query)
    {
        lock (_lock)
        {
            return Task.FromResult<IReadOnlyList<string>>(
                _references.TryGetValue(Convert.ToHexString(query), out List<string>? kept) ? [.. kept] : []
            );
        }
    }

    public Task<int> PruneAsync(DateTimeOffset before) => Task.FromResult(0);

    private void Forget(Kept kept)
    {
        foreach (StoredMember member in kept.Members.Values)
        {
            _byMember.Remove(member.Id);
        }

        if (_groups.TryGetValue(kept.Cohort.Group, out SortedDictionary<int, Kept>? attempts))
        {
            attempts.Remove(kept.Cohort.Attempt);
            if (attempts.Count == 0)
            {
                _groups.Remove(kept.Cohort.Group);
            }
        }
    }

    /// <summary>A cohort whose members are still coming, or that is closed. Guarded by the ledger's lock.</summary>
    private sealed class Kept(StoredCohort cohort)
    {
        public StoredCohort Cohort => cohort;

        public SortedDictionary<int, StoredMember> Members { get; } = [];

        public DateTimeOffset? Closed { get; set; }

        public StoredCohort ToStored() => cohort with { Closed = Closed, Members = [.. Members.Values] };
    }
}
