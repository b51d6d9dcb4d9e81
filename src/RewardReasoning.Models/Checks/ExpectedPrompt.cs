using System.Text.Json.Serialization;

namespace RewardReasoning.Models.Checks;

/// <summary>One prompt of an <c>expected.json</c>: token ids and the figures that another implementation computed for them.</summary>
internal sealed record ExpectedPrompt
{
    public int[]? Ids { get; init; }

    /// <summary>[id, log-prob] after the last token, most probable first.</summary>
    public double[][]? NextTop5 { get; init; }

    /// <summary>Sum over the prompt's tokens but the first.</summary>
    public double? PromptLogProb { get; init; }

    [JsonPropertyName("log_prob_of_1")]
    public double? LogProbOf1 { get; init; }

    [JsonPropertyName("log_prob_of_2")]
    public double? LogProbOf2 { get; init; }

    /// <summary>Greedy continuation.</summary>
    public int[]? Greedy { get; init; }
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
[JsonSerializable(typeof(List<ExpectedPrompt>))]
internal sealed partial class ExpectedJson : JsonSerializerContext;
