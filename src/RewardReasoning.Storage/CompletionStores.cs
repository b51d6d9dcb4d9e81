namespace RewardReasoning.Storage;

/// <summary>Stores by their location: a path is an SQLite file, <c>postgres://…</c> a PostgreSQL database.</summary>
public static class CompletionStores
{
    /// <summary>Opens a store.</summary>
    /// <param name="location">A path, or an address as <see cref="PostgresLocation"/> reads it.</param>
    /// <param name="create">Whether an SQLite file that does not exist is made.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="CompletionStoreException">The store cannot be opened or made.</exception>
    public static async Task<ICompletionStore> OpenAsync(
        string location,
        bool create = true,
        CancellationToken cancellationToken = default
    ) =>
        PostgresLocation.Is(location)
            ? await PostgresCompletionStore.OpenAsync(location, cancellationToken: cancellationToken).ConfigureAwait(false)
            : SqliteCompletionStore.Open(location, new SqliteStoreOptions { Create = create });
}
