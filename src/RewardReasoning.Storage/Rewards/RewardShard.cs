namespace RewardReasoning.Storage.Rewards;

/// <summary>
/// The parts into which groups are divided, so that several processes can share them: all members of a group, and all groups that nothing
/// but their query tells apart, are in one.
/// </summary>
internal static class RewardShard
{
    /// <summary>How many there are; ledgers on disk depend on it.</summary>
    public const int Count = 256;

    /// <summary>The beginning of names that the service itself gives to members that are scored alone.</summary>
    public const string Alone = "scalar/";

    /// <summary>All of them.</summary>
    public static IReadOnlyList<int> All { get; } = [.. Enumerable.Range(0, Count)];

    /// <summary>The shard of a group, from 0 to <see cref="Count"/> − 1.</summary>
    /// <param name="group">Its name; of a member that is scored alone, what follows the last slash does not count.</param>
    /// <param name="implicitKey">What members without a group are recognised by; then the name does not count.</param>
    public static int Of(string group, string? implicitKey)
    {
        string key = implicitKey ?? (group.StartsWith(Alone, StringComparison.Ordinal) ? group[..(group.LastIndexOf('/'))] : group);
        return TextHash.Of(key)[0];
    }
}

/// <summary>Another process has become the owner of a group: this one knows nothing of it any more.</summary>
internal sealed class LostShardException(int shard)
    : RewardReasoningException("Another server has taken over this group. Send the request again.")
{
    /// <summary>The shard that is lost.</summary>
    public int Shard { get; } = shard;

    /// <inheritdoc/>
    public override FailureBoundary Boundary => FailureBoundary.Store;
}
