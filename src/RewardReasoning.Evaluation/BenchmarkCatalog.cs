using System.Text.Json;
using RewardReasoning.Evaluation.Benchmarks;
using RewardReasoning.Evaluation.Benchmarks.Definitions;
using RewardReasoning.Evaluation.BestOf.Definitions;
using RewardReasoning.Evaluation.Running;

namespace RewardReasoning.Evaluation;

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
        Rmb.Definition,
        PairFileBenchmark.Definition,
        PpeBestOfK.Definition,
        MmluPro.Definition,
        CandidateFile.Definition,
    ];

    /// <summary>The benchmark with a name.</summary>
    /// <exception cref="RewardReasoningException">There is none; the message lists the names.</exception>
    public static Benchmark Find(string name) =>
        All.FirstOrDefault(benchmark => string.Equals(benchmark.Name, name, StringComparison.OrdinalIgnoreCase))
        ?? throw new RunException(
            $"There is no benchmark '{name}'; there are {string.Join(", ", All.Select(benchmark => benchmark.Name))}."
        );

    /// <summary>Descriptions of benchmarks as JSON: names in snake case.</summary>
    public static string ToJson(IEnumerable<Benchmark> benchmarks) =>
        JsonSerializer.Serialize([.. benchmarks.Select(BenchmarkDescription.Of)], BenchmarkJson.Indented.IReadOnlyListBenchmarkDescription);

    /// <summary>Reports as a JSON list.</summary>
    public static string ToJson(IReadOnlyList<BenchmarkReport> reports) =>
        JsonSerializer.Serialize(reports, BenchmarkJson.Indented.IReadOnlyListBenchmarkReport);
}
