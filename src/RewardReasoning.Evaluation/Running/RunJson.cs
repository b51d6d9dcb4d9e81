using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace RewardReasoning.Evaluation.Running;

/// <summary>How rows and settings are written: names in snake case.</summary>
[JsonSerializable(typeof(JudgmentJson))]
[JsonSerializable(typeof(RankingJson))]
[JsonSerializable(typeof(RunSettings))]
internal sealed partial class RunJson : JsonSerializerContext
{
    /// <summary>For files that people read.</summary>
    public static RunJson Indented { get; } = new(Written(indented: true));

    /// <summary>For rows of a file: one line.</summary>
    public static RunJson Lines { get; } = new(Written(indented: false));

    private static JsonSerializerOptions Written(bool indented) =>
        new()
        {
            PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
            Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
            WriteIndented = indented,
        };
}
