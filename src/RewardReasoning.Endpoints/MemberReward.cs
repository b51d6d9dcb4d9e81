namespace RewardReasoning.Endpoints;

/// <summary>What one member of a group earned (docs/rewards.md).</summary>
public sealed record MemberReward
{
    /// <summary>The mean probability of beating another member, in (0,1); null if there is none: never learn from that.</summary>
    public double? Reward { get; init; }

    /// <summary>From 1, the best; equal rewards share a rank. Null without a reward.</summary>
    public int? Rank { get; init; }

    /// <summary>Matches won.</summary>
    public int Wins { get; init; }

    /// <summary>Matches lost.</summary>
    public int Losses { get; init; }

    /// <summary>Matches of the member's response, those without a winner included. Equal responses share theirs.</summary>
    public int Matches { get; init; }

    /// <summary>Why there is no reward, such as <c>timeout_judge</c> (docs/rewards.md lists them); null if there is one.</summary>
    public string? Failure { get; init; }

    /// <summary>The same in a sentence.</summary>
    public string? FailureDetail { get; init; }

    /// <summary>What the matches of the member's response cost; a match counts for both who met.</summary>
    public Usage Usage { get; init; } = Usage.None;
}
