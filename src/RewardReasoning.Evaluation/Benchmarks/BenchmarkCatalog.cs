using RewardReasoning.Evaluation.Benchmarks.Definitions;
using RewardReasoning.Evaluation.BestOf.Definitions;

namespace RewardReasoning.Evaluation.Benchmarks;

/// <summary>All benchmarks that are known by name.</summary>
public static class BenchmarkCatalog
{
    /// <summary>The definitions, in the order of their list.</summary>
    public static IReadOnlyList<Benchmark> All { get; } =
    [
        RewardBench.Definition,
        RewardBench2.Definition,
        PandaLm.Definition,
        Ppe.Definition,
        JudgeBench.Definition,
        RmBench.Definition,
        LlmBar.Definition,
        AutoJ.Definition,
        HhhAlignment.Definition,
        EvalBiasBench.Definition,
        PairFileBenchmark.Definition,
        PpeBestOfK.Definition,
        MmluPro.Definition,
        CandidateFile.Definition,
    ];

    /// <summary>The benchmark with a name.</summary>
    /// <exception cref="ArgumentException">There is none; the message lists the names.</exception>
    public static Benchmark Find(string name) =>
        All.FirstOrDefault(benchmark => string.Equals(benchmark.Name, name, StringComparison.OrdinalIgnoreCase))
        ?? throw new ArgumentException(
            $"There is no benchmark '{name}'; there are {string.Join(", ", All.Select(benchmark => benchmark.Name))}."
        );

    /// <summary>The benchmark of a kind with a name.</summary>
    /// <exception cref="ArgumentException">There is none, or it is of another kind.</exception>
    public static T Find<T>(string name)
        where T : Benchmark => Find(name) as T ?? throw new ArgumentException($"'{name}' is a benchmark of another kind.");
}
