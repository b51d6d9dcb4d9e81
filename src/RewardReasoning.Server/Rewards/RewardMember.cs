namespace RewardReasoning.Server.Rewards;

/// <summary>How a reward is found.</summary>
internal enum RewardMode
{
    /// <summary>By matches against the other members of the group.</summary>
    Group,

    /// <summary>By a scalar reward model, or by matches against reference responses to the query.</summary>
    Scalar,
}

/// <summary>What becomes of a group in which somebody has no reward.</summary>
internal enum PartialPolicy
{
    /// <summary>Those who are there are judged, and have rewards.</summary>
    JudgePresent,

    /// <summary>Nobody of the group has a reward.</summary>
    FailGroup,
}

/// <summary>One response that wants a reward: a member of a group, or of a group that is recognised by its query.</summary>
internal sealed record RewardMember
{
    /// <summary>The group's name; null recognises the group by query and size.</summary>
    public string? Group { get; init; }

    /// <summary>Attempt at the group: a higher one starts clean and ends those before.</summary>
    public int Attempt { get; init; }

    /// <summary>Number within the group, from 0; a group without a name numbers its members itself if this is null.</summary>
    public int? Index { get; init; }

    /// <summary>
    /// What distinguishes groups of the same query, where the trainer's own numbers come again with every epoch; null for nothing.
    /// </summary>
    public string? Task { get; init; }

    /// <summary>Members of the group.</summary>
    public required int Size { get; init; }

    /// <summary>The query as the judge reads it.</summary>
    public required string Query { get; init; }

    /// <summary>The response.</summary>
    public required string Response { get; init; }

    /// <summary>Reference responses to the query, which are kept for it.</summary>
    public IReadOnlyList<string> References { get; init; } = [];

    /// <summary>How long the group waits for its members, from the first one on; null for the default.</summary>
    public TimeSpan? CollectTime { get; init; }

    /// <summary>How long the judge may work on the group; null derives it from the judge's speed.</summary>
    public TimeSpan? JudgeTime { get; init; }

    public RewardMode Mode { get; init; }

    public PartialPolicy Policy { get; init; }

    /// <summary>SHA-256 of query and response: what makes a second request the same one.</summary>
    public byte[] Hash() => TextHash.Of(Query, Response);
}
