using System.Text.Json.Serialization;
using RewardReasoning.Evaluation.Running;

namespace RewardReasoning.Evaluation.BestOf;

/// <summary>How runs of best-of-n benchmarks are written.</summary>
[JsonSerializable(typeof(RecordedRanking))]
internal sealed partial class BestOfJson : JsonSerializerContext
{
    /// <summary>For people.</summary>
    public static BestOfJson Indented { get; } = new(JsonStyle.Of(indented: true));

    /// <summary>One line a value.</summary>
    public static BestOfJson Lines { get; } = new(JsonStyle.Of(indented: false));
}
