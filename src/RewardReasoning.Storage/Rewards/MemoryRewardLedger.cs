namespace RewardReasoning.Storage.Rewards;

/// <summary>
/// A ledger in memory, for servers without a store: it forgets the oldest closed cohorts beyond a number, and all with the process.
/// </summary>
internal sealed class MemoryRewardLedger : IRewardLedger
{
    private const int MaxClosed = 4_096;
    private const int MaxQueries = 65_536;

    private readonly Lock _lock = new();
    private readonly Dictionary<string, SortedDictionary<int, StoredCohort>> _groups = new(StringComparer.Ordinal);
    private readonly Dictionary<string, StoredCohort> _byMember = new(StringComparer.Ordinal);
    private readonly Queue<StoredCohort> _closed = [];
    private readonly Dictionary<string, List<string>> _references = new(StringComparer.Ordinal);

    public bool IsDurable => false;

    public IReadOnlyList<StoredCohort> FindGroup(string group)
    {
        lock (_lock)
        {
            return _groups.TryGetValue(group, out SortedDictionary<int, StoredCohort>? attempts) ? [.. attempts.Values] : [];
        }
    }

    public StoredCohort? FindMember(string id)
    {
        lock (_lock)
        {
            return _byMember.TryGetValue(id, out StoredCohort? cohort) ? _groups[cohort.Group][cohort.Attempt] : null;
        }
    }

    public IReadOnlyList<StoredCohort> FindUnfinished(DateTimeOffset closedAfter)
    {
        lock (_lock)
        {
            return [.. _groups.Values.SelectMany(attempts => attempts.Values).Where(cohort => cohort.Closed is null)];
        }
    }

    public Task AddAsync(StoredCohort cohort, StoredMember member)
    {
        lock (_lock)
        {
            SortedDictionary<int, StoredCohort> attempts = _groups.TryGetValue(cohort.Group, out SortedDictionary<int, StoredCohort>? known)
                ? known
                : _groups[cohort.Group] = [];
            StoredCohort kept = attempts.GetValueOrDefault(cohort.Attempt, cohort);
            kept = kept with { Members = [.. kept.Members.Append(member).OrderBy(one => one.Index)] };
            attempts[cohort.Attempt] = kept;
            _byMember[member.Id] = kept;
        }

        return Task.CompletedTask;
    }

    public Task CloseAsync(string group, int attempt, DateTimeOffset closed, IReadOnlyList<(int Index, string Answer)> answers)
    {
        lock (_lock)
        {
            Dictionary<int, string> byIndex = answers.ToDictionary(answer => answer.Index, answer => answer.Answer);
            StoredCohort kept = _groups[group][attempt];
            kept = _groups[group][attempt] = kept with
            {
                Closed = closed,
                Members = [.. kept.Members.Select(member => member with { Response = "", Answer = byIndex[member.Index] })],
            };
            _closed.Enqueue(kept);
            while (_closed.Count > MaxClosed)
            {
                Forget(_closed.Dequeue());
            }
        }

        return Task.CompletedTask;
    }

    public Task DeliverAsync(IReadOnlyList<string> ids) => Task.CompletedTask;

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

    public IReadOnlyList<string> FindReferences(byte[] query)
    {
        lock (_lock)
        {
            return _references.TryGetValue(Convert.ToHexString(query), out List<string>? kept) ? [.. kept] : [];
        }
    }

    public Task<int> PruneAsync(DateTimeOffset before) => Task.FromResult(0);

    private void Forget(StoredCohort cohort)
    {
        foreach (StoredMember member in cohort.Members)
        {
            _byMember.Remove(member.Id);
        }

        if (_groups.TryGetValue(cohort.Group, out SortedDictionary<int, StoredCohort>? attempts))
        {
            attempts.Remove(cohort.Attempt);
            if (attempts.Count == 0)
            {
                _groups.Remove(cohort.Group);
            }
        }
    }
}
