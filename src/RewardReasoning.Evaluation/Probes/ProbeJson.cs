using System.Text.Json.Serialization;
using RewardReasoning.Evaluation.Running;

namespace RewardReasoning.Evaluation.Probes;

/// <summary>How probes are written.</summary>
[JsonSerializable(typeof(ProbedJudgment))]
[JsonSerializable(typeof(ProbeReport))]
internal sealed partial class ProbeJson : JsonSerializerContext
{
    /// <summary>For people.</summary>
    public static ProbeJson Indented { get; } = new(JsonStyle.Of(indented: true, JsonStyle.Words<ProbeAnswer>()));

    /// <summary>One line a value.</summary>
    public static ProbeJson Lines { get; } = new(JsonStyle.Of(indented: false, JsonStyle.Words<ProbeAnswer>()));
}
