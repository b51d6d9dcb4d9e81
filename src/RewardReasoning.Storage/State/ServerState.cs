using RewardReasoning.Storage.Jobs;
using RewardReasoning.Storage.Judgments;
using RewardReasoning.Storage.Rewards;

namespace RewardReasoning.Storage.State;

/// <summary>
/// What a server has to remember: groups of rewards, jobs and recorded judgments, in an SQLite file, a PostgreSQL database, or memory.
/// One server at a time has such a place, since two would judge each other's groups, but for a cluster, whose servers share a database.
/// </summary>
internal abstract class ServerState : IDisposable
{
    /// <summary>How many judgments without a label are kept.</summary>
    protected const int MostRecorded = 100_000;

    /// <summary>Groups of rewards.</summary>
    public abstract IRewardLedger Rewards { get; }

    /// <summary>Recorded judgments.</summary>
    public abstract IJudgmentLog Judgments { get; }

    /// <summary>Jobs.</summary>
    public abstract IJobStore Jobs { get; }

    /// <summary>Opens a server's own.</summary>
    /// <param name="named">The file or database that the caller named; null for none.</param>
    /// <param name="store">The store of completions, in whose place it is where none was named.</param>
    /// <param name="time">The clock.</param>
    /// <param name="warn">Receives a line where the store's place is another server's, and memory serves.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="RewardReasoningException">The named place is another server's, or it cannot be used.</exception>
    public static async Task<ServerState> OpenAsync(
        string? named,
        ICompletionStore? store,
        TimeProvider time,
        Action<string>? warn,
        CancellationToken cancellationToken
    )
    {
        string? place = named ?? (store as SqliteCompletionStore)?.Location ?? (store as PostgresCompletionStore)?.Address;
        if (place is null)
        {
            return SqliteState.InMemory();
        }

        ServerState? state;
        if (PostgresLocation.Is(place))
        {
            state = await PostgresState.OpenAsync(place, shared: false, time, cancellationToken).ConfigureAwait(false);
            if (state is null && named is not null)
            {
                throw new CompletionStoreException(
                    $"Another server has its groups, jobs and judgments in {named}. Stop it, name another database with --state, or let "
                        + "all of them share this one with --cluster."
                )
                {
                    IsUnusable = true,
                };
            }
        }
        else
        {
            state = SqliteState.Open(place, mustHave: named is not null, time);
        }

        if (state is null)
        {
            warn?.Invoke(
                $"another server keeps its groups, jobs and judgments in {store?.Location}; this one keeps its own in memory, until it "
                    + "ends. Name a place for them with --state to keep them, or let both share a PostgreSQL database with --cluster."
            );
        }

        return state ?? SqliteState.InMemory();
    }

    /// <summary>Looks whether it can be used.</summary>
    /// <exception cref="CompletionStoreException">It cannot.</exception>
    public abstract Task CheckAsync();

    /// <inheritdoc/>
    public abstract void Dispose();
}
