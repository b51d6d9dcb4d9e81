using System.Text.Json;
using System.Text.Json.Serialization;
using RewardReasoning.Server.Http;

namespace RewardReasoning.Server.Chat;

// The chat completions interface as it goes over the wire: the fields that are honoured, and those that are refused because
// leaving them out would change the answer. Unknown fields are ignored.
internal sealed record ChatRequestWire
{
    public string? Model { get; init; }

    public IReadOnlyList<MessageWire?>? Messages { get; init; }

    public float? Temperature { get; init; }

    public float? TopP { get; init; }

    public int? TopK { get; init; }

    public float? MinP { get; init; }

    public long? Seed { get; init; }

    public int? MaxTokens { get; init; }

    public int? MaxCompletionTokens { get; init; }

    public int? N { get; init; }

    /// <summary>A string or a list of strings.</summary>
    public JsonElement? Stop { get; init; }

    public bool? Stream { get; init; }

    public StreamOptionsWire? StreamOptions { get; init; }

    public bool? Logprobs { get; init; }

    public int? TopLogprobs { get; init; }

    public bool? ContinueFinalMessage { get; init; }

    public bool? AddGenerationPrompt { get; init; }

    public StructuredOutputsWire? StructuredOutputs { get; init; }

    public int? ThinkingTokenBudget { get; init; }

    public string? ThinkingStub { get; init; }

    public IReadOnlyList<string>? ThinkingStubChoices { get; init; }

    public float? PresencePenalty { get; init; }

    public float? FrequencyPenalty { get; init; }

    public float? RepetitionPenalty { get; init; }

    public JsonElement? Tools { get; init; }

    public JsonElement? Functions { get; init; }

    public JsonElement? ResponseFormat { get; init; }

    public JsonElement? LogitBias { get; init; }

    public JsonElement? ChatTemplateKwargs { get; init; }
}

internal sealed record MessageWire
{
    public string? Role { get; init; }

    /// <summary>A string, a list of text parts, or null.</summary>
    public JsonElement? Content { get; init; }

    public string? Reasoning { get; init; }

    public string? ReasoningContent { get; init; }
}

internal sealed record StreamOptionsWire(bool? IncludeUsage);

internal sealed record StructuredOutputsWire
{
    public IReadOnlyList<string>? Choice { get; init; }

    [JsonExtensionData]
    public Dictionary<string, JsonElement>? Others { get; set; } // the serializer cannot fill it as an init property
}

internal sealed record ChatAnswerWire
{
    public required string Id { get; init; }

    public required string Object { get; init; }

    public required long Created { get; init; }

    public required string Model { get; init; }

    public required IReadOnlyList<ChoiceWire> Choices { get; init; }

    public UsageWire? Usage { get; init; }
}

internal sealed record ChoiceWire
{
    public required int Index { get; init; }

    public TextWire? Message { get; init; }

    public TextWire? Delta { get; init; }

    public LogProbsWire? Logprobs { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.Never)]
    public string? FinishReason { get; init; }
}

internal sealed record TextWire
{
    public string? Role { get; init; }

    public string? Content { get; init; }

    public string? Reasoning { get; init; }

    public string? ReasoningContent { get; init; }
}

internal sealed record LogProbsWire(IReadOnlyList<TokenWire> Content);

internal sealed record TokenWire(string Token, float Logprob, int[]? Bytes, IReadOnlyList<TokenWire>? TopLogprobs);

internal sealed record UsageWire(
    long PromptTokens,
    long CompletionTokens,
    long TotalTokens,
    PromptDetailsWire PromptTokensDetails,
    CompletionDetailsWire CompletionTokensDetails
);

internal sealed record PromptDetailsWire(long CachedTokens);

internal sealed record CompletionDetailsWire(long ReasoningTokens);

internal sealed record ModelsWire(string Object, IReadOnlyList<ModelWire> Data);

internal sealed record ModelWire(string Id, string Object, long Created, string OwnedBy, int? MaxModelLen);

internal sealed record ErrorWire(ErrorFieldsWire Error)
{
    public static ErrorWire Of(ApiException error) => new(new ErrorFieldsWire(error.Message, error.Type, error.Parameter, error.Code));
}

internal sealed record ErrorFieldsWire(
    string Message,
    string Type,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.Never)] string? Param,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.Never)] string? Code
);

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    AllowDuplicateProperties = false
)]
[JsonSerializable(typeof(ChatRequestWire))]
[JsonSerializable(typeof(ChatAnswerWire))]
[JsonSerializable(typeof(ModelsWire))]
[JsonSerializable(typeof(ModelWire))]
[JsonSerializable(typeof(ErrorWire))]
internal sealed partial class ChatWireJson : JsonSerializerContext;
