namespace RewardReasoning.Storage;

/// <summary>How a <see cref="SqliteCompletionStore"/> is opened.</summary>
internal sealed record SqliteStoreOptions
{
    /// <summary>Whether a file that does not exist is made; its folder must exist.</summary>
    /// <value>true.</value>
    public bool Create { get; init; } = true;

    /// <summary>How long a commit waits for other processes; one that gives room back holds a large store for a while.</summary>
    /// <value>2 minutes.</value>
    public TimeSpan LockTimeout { get; init; } = TimeSpan.FromMinutes(2);

    /// <summary>The most pages of 4,096 bytes that the file may have, beyond which it counts as full.</summary>
    /// <value>null (as many as the disk has room for).</value>
    public int? MaxPages { get; init; }
}
