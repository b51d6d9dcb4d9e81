namespace RewardReasoning.Evaluation.Benchmarks;

/// <summary>In which orders a benchmark asks for each comparison.</summary>
public enum AskedOrders
{
    /// <summary>In one, which does not depend on which response is right.</summary>
    One,

    /// <summary>In both.</summary>
    Both,
}

/// <summary>A judge whose outputs were recorded, with the items that they are about.</summary>
/// <param name="Name">Who judged.</param>
/// <param name="Items">Every item that it was to judge; those without a record are missing.</param>
internal sealed record RecordedJudge(string Name, IReadOnlyList<JudgedItem> Items);

/// <summary>A benchmark of comparisons: how its data is read, what is asked, and how answers, ties and missing answers count.</summary>
internal sealed record BenchmarkDefinition : Benchmark
{
    /// <summary>Reads the items from a file or folder.</summary>
    public required Func<string, CancellationToken, Task<IReadOnlyList<BenchmarkItem>>> ReadAsync { get; init; }

    /// <summary>The figures, the main one first.</summary>
    public required IReadOnlyList<BenchmarkMeasure> Measures { get; init; }

    /// <inheritdoc/>
    public override IReadOnlyDictionary<string, string> FigureMeanings =>
        Measures.ToDictionary(measure => measure.Name, measure => measure.Meaning);

    /// <summary>What one item adds to the main figure, from 0 to 1; null where it does not count. Two runs are compared by it.</summary>
    public required Func<JudgedItem, double?> Credit { get; init; }

    /// <summary>
    /// Reads recorded outputs of judges: in the form that the benchmark's authors publish, or else judgments.jsonl of a run.
    /// </summary>
    public Func<string, IReadOnlyList<BenchmarkItem>, CancellationToken, Task<IReadOnlyList<RecordedJudge>>> ReplayAsync { get; init; } =
        Replays.OfRunAsync;

    /// <summary>
    /// Reads published accuracies of judges, where the benchmark's figures follow from them without the data; null where they do not.
    /// </summary>
    public Func<string, CancellationToken, Task<IReadOnlyList<BenchmarkReport>>>? PublishedAsync { get; init; }
}
