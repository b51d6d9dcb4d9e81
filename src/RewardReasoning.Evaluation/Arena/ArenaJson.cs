using System.Text.Json.Serialization;
using RewardReasoning.Evaluation.Running;

namespace RewardReasoning.Evaluation.Arena;

/// <summary>How arenas are written.</summary>
[JsonSerializable(typeof(ArenaReport))]
[JsonSerializable(typeof(ArenaGame))]
[JsonSerializable(typeof(AnswerStyle))]
internal sealed partial class ArenaJson : JsonSerializerContext
{
    /// <summary>For people.</summary>
    public static ArenaJson Indented { get; } = new(JsonStyle.Of(indented: true, JsonStyle.Words<ArenaMeasure>()));

    /// <summary>One line a value.</summary>
    public static ArenaJson Lines { get; } = new(JsonStyle.Of(indented: false, JsonStyle.Words<ArenaMeasure>()));
}
