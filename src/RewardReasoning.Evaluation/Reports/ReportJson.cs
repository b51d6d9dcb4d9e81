using System.Text.Json.Serialization;
using RewardReasoning.Evaluation.Benchmarks;
using RewardReasoning.Evaluation.Running;
using RewardReasoning.Ratings;

namespace RewardReasoning.Evaluation.Reports;

/// <summary>How analyses of runs are written.</summary>
[JsonSerializable(typeof(IReadOnlyList<RunAnalysis>))]
internal sealed partial class ReportJson : JsonSerializerContext
{
    /// <summary>For people.</summary>
    public static ReportJson Indented { get; } =
        new(JsonStyle.Of(indented: true, JsonStyle.Words<MatchOutcome>(), JsonStyle.Words<AskedOrders>()));

    /// <summary>One line a value.</summary>
    public static ReportJson Lines { get; } =
        new(JsonStyle.Of(indented: false, JsonStyle.Words<MatchOutcome>(), JsonStyle.Words<AskedOrders>()));
}
