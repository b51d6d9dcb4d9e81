using RewardReasoning.Ratings;

namespace RewardReasoning.Evaluation.Benchmarks;

/// <summary>One comparison of a benchmark, with what is known to be right.</summary>
internal sealed record BenchmarkItem
{
    /// <summary>Identity within the benchmark, the same in every run.</summary>
    public required string Id { get; init; }

    /// <summary>Where the item is counted: a section or subset of the benchmark.</summary>
    public required string Section { get; init; }

    /// <summary>The row of the data that it comes from. Items of one row are drawn together in the bootstrap.</summary>
    public required string Row { get; init; }

    /// <summary>What a judge is asked.</summary>
    public required Comparison Comparison { get; init; }

    /// <summary>What is right; <see cref="MatchOutcome.Missing"/> for a row that cannot be scored.</summary>
    public required MatchOutcome Gold { get; init; }

    /// <summary>Further data for the benchmark's own arithmetic (the styles of RM-Bench); else empty.</summary>
    public string Detail { get; init; } = "";
}

/// <summary>An item with what a judge said of it.</summary>
internal sealed record JudgedItem
{
    /// <summary>The item.</summary>
    public required BenchmarkItem Item { get; init; }

    /// <summary>What the judge prefers, all its votes together.</summary>
    public required MatchOutcome Preferred { get; init; }

    /// <summary>What it said in each order that it was shown; one entry where it was shown one.</summary>
    public required IReadOnlyList<ShownOutcome> Shown { get; init; }

    /// <summary>Share of its votes for what it prefers; null where it has no votes.</summary>
    public double? VoteShare { get; init; }

    /// <summary>Why there is no answer; null if there is one, or where the reason is not known.</summary>
    public string? MissingReason { get; init; }

    /// <summary>What it cost.</summary>
    public Usage Usage { get; init; } = Usage.None;

    /// <summary>Share of the orders shown in which the judge said what is right; a missing or a tied answer is not right.</summary>
    public double RightShare =>
        Shown.Count == 0 ? 0 : (double)Shown.Count(shown => shown.Outcome == Item.Gold && Item.Gold != MatchOutcome.Missing) / Shown.Count;

    /// <summary>Whether the judge said what is right in every order that it was shown.</summary>
    public bool RightInAllOrders => Shown.Count > 0 && RightShare == 1;

    /// <summary>An item with its judgment: the votes of each order add up to what the judge said in it.</summary>
    public static JudgedItem Of(BenchmarkItem item, Judgment judgment)
    {
        ArgumentNullException.ThrowIfNull(judgment);
        return new JudgedItem
        {
            Item = item,
            Preferred = judgment.Outcome,
            Shown = ShownOutcome.Of(judgment),
            VoteShare = judgment.VoteShare,
            MissingReason = judgment.Outcome == MatchOutcome.Missing ? judgment.MissingReason : null,
            Usage = judgment.Usage,
        };
    }

    /// <summary>An item that the judge gave no answer on.</summary>
    public static JudgedItem Missing(BenchmarkItem item, string? reason) =>
        new()
        {
            Item = item,
            Preferred = MatchOutcome.Missing,
            Shown = [],
            MissingReason = reason,
        };
}
