using RewardReasoning.Judging;

namespace RewardReasoning.Evaluation.Benchmarks;

/// <summary>A reward benchmark: what it is, where it comes from, and how it counts.</summary>
public abstract record Benchmark
{
    /// <summary>Name on the command line.</summary>
    public required string Name { get; init; }

    /// <summary>What it tests, in one line.</summary>
    public required string Title { get; init; }

    /// <summary>Where it comes from.</summary>
    public required string Source { get; init; }

    /// <summary>What <c>--data</c> is.</summary>
    public required string Data { get; init; }

    /// <summary>How orders, ties, missing answers and sections count.</summary>
    public required string Counting { get; init; }

    /// <summary>In which orders each comparison is asked for.</summary>
    public required AskedOrders Orders { get; init; }

    /// <summary>Whether its items are queries with candidates to choose among, and not pairs.</summary>
    public virtual bool HasCandidates => false;

    /// <summary>
    /// The options that a judge is opened with for this benchmark: where it asks for both orders, every vote is asked in both, and no
    /// further votes where the orders disagree, since that is what it counts.
    /// </summary>
    public JudgeOptions ApplyTo(JudgeOptions judging) =>
        Orders == AskedOrders.Both ? judging with { Order = VoteOrder.Both, FurtherVotesOnDraw = 0 } : judging;

    /// <summary>The names of its figures, the main one first, each with what it counts.</summary>
    public abstract IReadOnlyDictionary<string, string> FigureMeanings { get; }
}
