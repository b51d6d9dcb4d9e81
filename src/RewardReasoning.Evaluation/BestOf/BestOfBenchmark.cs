using RewardReasoning.Evaluation.Benchmarks;

namespace RewardReasoning.Evaluation.BestOf;

/// <summary>A benchmark of choosing among n responses to a query, some of which are right.</summary>
internal sealed record BestOfBenchmark : Benchmark
{
    /// <summary>Reads the queries from a file or folder.</summary>
    public required Func<string, CancellationToken, Task<IReadOnlyList<BestOfItem>>> ReadAsync { get; init; }

    /// <summary>Whether the overall figures are the mean of the sections, or over all queries.</summary>
    public bool IsMeanOfSections { get; init; }

    /// <inheritdoc/>
    public override bool HasCandidates => true;

    /// <inheritdoc/>
    public override IReadOnlyDictionary<string, string> FigureMeanings { get; } =
        new Dictionary<string, string>
        {
            [BestOfScore.ChosenName] = "share of queries whose chosen response is right",
            ["auc"] = "mean area under the ROC curve of a query's ratings against correctness, where it has both kinds of responses",
            ["random"] = "the same share for a response chosen at random",
            ["majority"] = "the same for a response with the most frequent final answer",
            ["oracle"] = "share of queries with a right response at all",
        };
}
