namespace RewardReasoning.Storage.Rewards;

/// <summary>
/// Members of cohorts and their rewards, kept before they are answered, so that a member has one final reward however often its client or
/// this process is restarted. Safe to use from many threads.
/// </summary>
/// <para>
/// Cohorts belong to shards by their key (<see cref="RewardShard"/>). Where several processes share a ledger, each shard has one owner at a
/// time: who claims it gets a higher epoch, which cohorts carry from then on, and what carries a lower one is not written any more.
/// </para>
internal interface IRewardLedger
{
    /// <summary>Whether what is kept survives the process.</summary>
    bool IsDurable { get; }

    /// <summary>
    /// Makes this process the owner of shards, whoever had them before, and finds what it has to go on with: cohorts that are not closed,
    /// and those without a group of their own that were closed after a moment.
    /// </summary>
    Task<ClaimedShards> ClaimAsync(IReadOnlyCollection<int> shards, DateTimeOffset closedAfter);

    /// <summary>All attempts of a group, with their members; none where the group is unknown.</summary>
    Task<IReadOnlyList<StoredCohort>> FindGroupAsync(string group);

    /// <summary>The cohort that has the member of this id; null if there is none.</summary>
    Task<StoredCohort?> FindMemberAsync(string id);

    /// <summary>Keeps a member, and its cohort where it is the first; done when it is committed.</summary>
    /// <exception cref="LostShardException">Another process owns the cohort.</exception>
    Task AddAsync(StoredCohort cohort, StoredMember member);

    /// <summary>Keeps all answers of a cohort in one commit; from then on it is closed.</summary>
    /// <exception cref="LostShardException">Another process owns the cohort, and nothing is kept.</exception>
    Task CloseAsync(StoredCohort cohort, DateTimeOffset closed, IReadOnlyList<(int Index, string Answer)> answers);

    /// <summary>Keeps that members were answered, so that nobody else is given their rewards.</summary>
    Task DeliverAsync(IReadOnlyList<string> ids);

    /// <summary>Keeps reference responses to a query.</summary>
    Task AddReferencesAsync(byte[] query, IReadOnlyList<string> references);

    /// <summary>The reference responses kept for a query.</summary>
    Task<IReadOnlyList<string>> FindReferencesAsync(byte[] query);

    /// <summary>Removes cohorts that were closed before a moment.</summary>
    Task<int> PruneAsync(DateTimeOffset before);
}

/// <summary>Shards of which a process has become the owner.</summary>
/// <param name="Epochs">The epoch of each, which its new cohorts carry.</param>
/// <param name="Unfinished">What is to be gone on with.</param>
internal sealed record ClaimedShards(IReadOnlyDictionary<int, long> Epochs, IReadOnlyList<StoredCohort> Unfinished)
{
    /// <summary>Shards of a ledger that has one owner anyway.</summary>
    public static ClaimedShards Only(IReadOnlyCollection<int> shards, IReadOnlyList<StoredCohort> unfinished) =>
        new(shards.ToDictionary(shard => shard, _ => 0L), [.. unfinished.Where(cohort => shards.Contains(cohort.Shard))]);
}

/// <summary>A cohort as it is kept.</summary>
internal sealed record StoredCohort
{
    /// <summary>The group's name; for a group without one, a name that no other cohort has.</summary>
    public required string Group { get; init; }

    /// <summary>Attempt at the group, from 0.</summary>
    public required int Attempt { get; init; }

    /// <summary>How many members are expected.</summary>
    public required int Size { get; init; }

    /// <summary>What members without a group are recognised by; null where the group was named.</summary>
    public string? ImplicitKey { get; init; }

    /// <summary>The query that all members answer.</summary>
    public required string Query { get; init; }

    /// <summary>How it is judged, as its owner writes it.</summary>
    public required string Settings { get; init; }

    /// <summary>The epoch of its shard under which it is changed; 0 where a ledger has one owner.</summary>
    public long Epoch { get; init; }

    /// <summary>Its shard.</summary>
    public int Shard => RewardShard.Of(Group, ImplicitKey);

    /// <summary>When its first member came.</summary>
    public required DateTimeOffset Created { get; init; }

    /// <summary>When it was closed; null while it is open.</summary>
    public DateTimeOffset? Closed { get; init; }

    /// <summary>Members in order of their index.</summary>
    public IReadOnlyList<StoredMember> Members { get; init; } = [];
}

/// <summary>A member of a cohort as it is kept.</summary>
/// <param name="Index">Its number within the cohort, from 0.</param>
/// <param name="Id">Its name for later questions.</param>
/// <param name="Hash">SHA-256 of query and response.</param>
/// <param name="Response">What is judged.</param>
/// <param name="Arrived">When it came.</param>
/// <param name="Answer">What it is answered, as its owner writes it; null while the cohort is open.</param>
/// <param name="Delivered">Whether an answer was sent.</param>
internal sealed record StoredMember(
    int Index,
    string Id,
    byte[] Hash,
    string Response,
    DateTimeOffset Arrived,
    string? Answer = null,
    bool Delivered = false
);
