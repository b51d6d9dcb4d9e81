using System.Text.Json;
using System.Text.Json.Serialization;

namespace RewardReasoning.Endpoints;

// The chat completions interface as it goes over the wire, only the fields that we send or read.
internal sealed record WireRequest
{
    public required string Model { get; init; }

    public required IReadOnlyList<WireMessage> Messages { get; init; }

    public float? Temperature { get; init; }

    public float? TopP { get; init; }

    public int? TopK { get; init; }

    public float? MinP { get; init; }

    public long? Seed { get; init; }

    public int? MaxTokens { get; init; }

    public int? MaxCompletionTokens { get; init; }

    public IList<string>? Stop { get; init; }

    public bool? Stream { get; init; }

    public WireStreamOptions? StreamOptions { get; init; }

    public bool? Logprobs { get; init; }

    public int? TopLogprobs { get; init; }

    public bool? ContinueFinalMessage { get; init; }

    public bool? AddGenerationPrompt { get; init; }

    public string? ReasoningEffort { get; init; }

    public WireTemplateOptions? ChatTemplateKwargs { get; init; }
}

internal sealed record WireMessage(string Role, string Content);

internal sealed record WireStreamOptions(bool IncludeUsage);

internal sealed record WireTemplateOptions(bool EnableThinking);

internal sealed record WireAnswer
{
    public string? Id { get; init; }

    public string? Model { get; init; }

    public IReadOnlyList<WireChoice>? Choices { get; init; }

    public WireUsage? Usage { get; init; }

    public WireTimings? Timings { get; init; }

    public JsonElement? Error { get; init; }
}

internal sealed record WireChoice
{
    public WireText? Message { get; init; }

    public WireText? Delta { get; init; }

    public string? FinishReason { get; init; }

    public WireLogprobs? Logprobs { get; init; }
}

internal sealed record WireText
{
    /// <summary>A string, null, or a list of parts of which those with a text count.</summary>
    public JsonElement? Content { get; init; }

    public string? Reasoning { get; init; }

    public string? ReasoningContent { get; init; }

    [JsonIgnore]
    public string Thought => Reasoning ?? ReasoningContent ?? "";

    [JsonIgnore]
    public string Text => Content switch
    {
        { ValueKind: JsonValueKind.String } text => text.GetString() ?? "",
        { ValueKind: JsonValueKind.Array } parts => string.Concat(parts.EnumerateArray().Select(PartText)),
        _ => "",
    };

    private static string PartText(JsonElement part) =>
        part.ValueKind == JsonValueKind.Object && part.TryGetProperty("text", out JsonElement text) && text.ValueKind == JsonValueKind.String
            ? text.GetString() ?? ""
            : "";
}

internal sealed record WireLogprobs(IReadOnlyList<WireToken>? Content);

internal sealed record WireToken(string Token, float Logprob, IReadOnlyList<WireToken>? TopLogprobs);

internal sealed record WireUsage
{
    public long? PromptTokens { get; init; }

    public long? CompletionTokens { get; init; }

    public WireTokenDetails? PromptTokensDetails { get; init; }

    public WireTokenDetails? CompletionTokensDetails { get; init; }
}

internal sealed record WireTokenDetails(long? CachedTokens, long? ReasoningTokens);

/// <summary>Of llama.cpp's server: how many prompt tokens came from its cache.</summary>
internal sealed record WireTimings(long? CacheN);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(WireRequest))]
[JsonSerializable(typeof(WireAnswer))]
internal sealed partial class WireJson : JsonSerializerContext;
