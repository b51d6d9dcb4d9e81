using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace RewardReasoning.Server.Rewards;

/// <summary>Rewards as JSON, on the wire and in the ledger. Missing values are written as null.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower,
    UseStringEnumConverter = true,
    AllowDuplicateProperties = false
)]
[JsonSerializable(typeof(RewardAnswer))]
[JsonSerializable(typeof(RewardFailure))]
[JsonSerializable(typeof(IReadOnlyList<RewardAnswer>))]
[JsonSerializable(typeof(IReadOnlyList<CohortView>))]
[JsonSerializable(typeof(CohortSettings))]
internal sealed partial class RewardWireJson : JsonSerializerContext;

/// <summary>The one way in which rewards are written and read.</summary>
internal static class RewardJson
{
    /// <summary>Text is escaped no more than JSON needs.</summary>
    public static RewardWireJson Wire { get; } =
        new(new JsonSerializerOptions(RewardWireJson.Default.Options) { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping });
}
