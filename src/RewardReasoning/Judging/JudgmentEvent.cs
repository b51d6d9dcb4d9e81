namespace RewardReasoning.Judging;

/// <summary>What happens in a judgment, for showing it while it comes.</summary>
public enum JudgmentEventKind
{
    /// <summary>A completion was asked for: <c>Vote</c>, <c>Order</c>, <c>Seed</c>, <c>Redraw</c>.</summary>
    DrawStarted,

    /// <summary>A piece of reasoning: <c>Text</c>.</summary>
    Reasoning,

    /// <summary>A piece of an answer: <c>Text</c>.</summary>
    Answer,

    /// <summary>A vote is in: <c>FinishedVote</c>.</summary>
    VoteFinished,

    /// <summary>The judgment is in, and nothing follows: <c>Judgment</c>.</summary>
    JudgmentFinished,
}

/// <summary>One event of a judgment. Votes run at the same time, so events of different votes interleave.</summary>
public sealed record JudgmentEvent
{
    /// <summary>What happened.</summary>
    public required JudgmentEventKind Kind { get; init; }

    /// <summary>Index of the vote it concerns; -1 for the judgment as a whole.</summary>
    public int Vote { get; init; } = -1;

    /// <summary>The order in which that vote is shown the responses; its text numbers them as shown.</summary>
    public ShownOrder Order { get; init; }

    /// <summary>Seed of the draw.</summary>
    public int Seed { get; init; }

    /// <summary>0 for a vote's first draw.</summary>
    public int Redraw { get; init; }

    /// <summary>New text of reasoning or of an answer.</summary>
    public string Text { get; init; } = "";

    /// <summary>The vote that is in.</summary>
    public Vote? FinishedVote { get; init; }

    /// <summary>The judgment.</summary>
    public Judgment? Judgment { get; init; }
}
