using RewardReasoning.Evaluation.Benchmarks.Definitions;

namespace RewardReasoning.Evaluation.Benchmarks;

/// <summary>All benchmarks that are known by name.</summary>
public static class BenchmarkCatalog
{
    /// <summary>The definitions, in the order of their list.</summary>
    public static IReadOnlyList<BenchmarkDefinition> All { get; } =
    [
        RewardBench.Definition, RewardBench2.Definition, PandaLm.Definition, Ppe.Definition, JudgeBench.Definition, RmBench.Definition, LlmBar.Definition, AutoJ.Definition, HhhAlignment.Definition, EvalBiasBench.Definition, PairFileBenchmark.Definition,
    ];

    /// <summary>The benchmark with a name.</summary>
    /// <exception cref="ArgumentException">There is none; the message lists the names.</exception>
    public static BenchmarkDefinition Find(string name) => All.FirstOrDefault(benchmark => string.Equals(benchmark.Name, name, StringComparison.OrdinalIgnoreCase))
        ?? throw new ArgumentException($"There is no benchmark '{name}'; there are {string.Join(", ", All.Select(benchmark => benchmark.Name))}.");
}
