namespace RewardReasoning.Storage;

/// <summary>
/// Completions by the key of what was asked. Safe to use from many threads at once, and several processes may have the same store open.
/// Every member throws a <see cref="CompletionStoreException"/> that says what to do when the store cannot be used.
/// </summary>
public interface ICompletionStore : IDisposable
{
    /// <summary>Where it is, for people; never with a password.</summary>
    string Location { get; }

    /// <summary>The response (<see cref="ResponseEncoding"/>) kept under a key; null if there is none.</summary>
    Task<byte[]?> FindAsync(CompletionKey key, CancellationToken cancellationToken = default);

    /// <summary>
    /// Keeps a completion; when the task ends it is committed and survives the process and, where the disk keeps its word, the machine.
    /// The first one under a key stays: false says that there was one already, and nothing was changed. Cannot be cancelled, for the
    /// completion is paid for.
    /// </summary>
    Task<bool> AddAsync(StoredCompletion completion);

    /// <summary>What the store holds.</summary>
    Task<StoreStatistics> CountAsync(CancellationToken cancellationToken = default);

    /// <summary>All completions, oldest first; those of one model (its name or identity) if <paramref name="model"/> is given.</summary>
    IAsyncEnumerable<StoredCompletion> ReadAsync(string? model = null, CancellationToken cancellationToken = default);

    /// <summary>Removes what a rule selects, and gives its room back; or only counts it.</summary>
    /// <exception cref="ArgumentException">The rule selects nothing in particular.</exception>
    Task<PruneReport> PruneAsync(PruneRule rule, bool dryRun = false, CancellationToken cancellationToken = default);
}
