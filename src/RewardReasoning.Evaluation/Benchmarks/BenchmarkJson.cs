using System.Text.Json.Serialization;
using RewardReasoning.Evaluation.Running;
using RewardReasoning.Ratings;

namespace RewardReasoning.Evaluation.Benchmarks;

/// <summary>How runs of comparisons are written.</summary>
[JsonSerializable(typeof(RecordedJudgment))]
[JsonSerializable(typeof(BenchmarkReport))]
[JsonSerializable(typeof(RunComparison))]
[JsonSerializable(typeof(IReadOnlyList<BenchmarkReport>))]
[JsonSerializable(typeof(IReadOnlyList<BenchmarkDescription>))]
internal sealed partial class BenchmarkJson : JsonSerializerContext
{
    /// <summary>For people.</summary>
    public static BenchmarkJson Indented { get; } =
        new(JsonStyle.Of(indented: true, JsonStyle.Words<MatchOutcome>(), JsonStyle.Words<Verdict>(), JsonStyle.Words<AskedOrders>()));

    /// <summary>One line a value.</summary>
    public static BenchmarkJson Lines { get; } =
        new(JsonStyle.Of(indented: false, JsonStyle.Words<MatchOutcome>(), JsonStyle.Words<Verdict>(), JsonStyle.Words<AskedOrders>()));
}
