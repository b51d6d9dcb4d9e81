namespace RewardReasoning.Storage.Jobs;

/// <summary>
/// Jobs, their rows and their results. A result is kept before it is counted, and the first one of a row stays, so that after a restart
/// exactly the rows without one are judged. Who takes rows holds them, until they have results, are let go, or the holder is gone. Safe to
/// use from many threads.
/// </summary>
internal interface IJobStore
{
    /// <summary>Whether jobs survive the process.</summary>
    bool IsDurable { get; }

    /// <summary>How often to look for what other servers did to jobs; null where nobody else has them.</summary>
    TimeSpan? LookEvery { get; }

    /// <summary>Makes a job whose rows are going to come.</summary>
    Task AddAsync(string id, bool withReasoning, DateTimeOffset created);

    /// <summary>Keeps rows of a job that is receiving.</summary>
    Task AddRowsAsync(string id, IReadOnlyList<StoredJobRow> rows);

    /// <summary>All rows have come: the job may begin.</summary>
    Task QueueAsync(string id, long rows);

    /// <summary>Moves a job on, if it is in one of some states.</summary>
    /// <returns>Whether it was.</returns>
    Task<bool> MoveAsync(string id, IReadOnlyCollection<JobState> from, JobState to, DateTimeOffset? ended = null, string? problem = null);

    /// <summary>Ends a running job as done, if every row has its result.</summary>
    /// <returns>Whether that was so.</returns>
    Task<bool> CompleteAsync(string id, DateTimeOffset ended);

    /// <summary>Takes rows of a running job that have no result and that nobody holds, in their order.</summary>
    Task<IReadOnlyList<StoredJobRow>> TakeRowsAsync(string id, int most);

    /// <summary>Lets go of the rows of a job that this process holds.</summary>
    Task LetGoAsync(string id);

    /// <summary>Keeps the result of a row that has none, and counts it.</summary>
    Task FinishRowAsync(string id, long number, byte[] result, bool isMissing);

    /// <summary>A job; null if there is none.</summary>
    Task<StoredJob?> FindAsync(string id);

    /// <summary>Jobs whose rows have all come, the newest first.</summary>
    Task<IReadOnlyList<StoredJob>> ListAsync(int most);

    /// <summary>How many jobs wait or run.</summary>
    Task<int> CountOpenAsync();

    /// <summary>The oldest job that waits or runs and has something to do for this process; null if there is none.</summary>
    Task<StoredJob?> NextAsync();

    /// <summary>Results of a job, in the order of its rows, read some at a time.</summary>
    IAsyncEnumerable<byte[]> ResultsAsync(string id);

    /// <summary>Removes a job with all its rows.</summary>
    Task RemoveAsync(string id);

    /// <summary>Removes jobs that ended before a moment, and those whose rows are not going to come any more.</summary>
    Task PruneAsync(DateTimeOffset before);
}
