using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace RewardReasoning.Endpoints;

// The answers of the chat completions interface as they come over the wire, only the fields that we read.
internal sealed record WireAnswer
{
    [JsonConverter(typeof(TextOrParts))]
    public string? Id { get; init; }

    [JsonConverter(typeof(TextOrParts))]
    public string? Model { get; init; }

    public IReadOnlyList<WireChoice>? Choices { get; init; }

    public WireUsage? Usage { get; init; }

    public WireTimings? Timings { get; init; }

    public JsonElement? Error { get; init; }

    /// <summary>A whole answer.</summary>
    /// <exception cref="EndpointException">It is not a chat completion, or the server failed in the middle of it.</exception>
    public static WireAnswer Whole(ReadOnlySpan<byte> body, EndpointErrors errors) =>
        Read(body, errors) is { Choices.Count: > 0 } answer ? answer : throw errors.Unusable(Text(body));

    /// <summary>One piece of a streamed answer; null for what is not a part of it, such as a sign of life between the pieces.</summary>
    /// <exception cref="EndpointException">It is not JSON, or the server failed in the middle of the answer.</exception>
    public static WireAnswer? Piece(ReadOnlySpan<byte> body, EndpointErrors errors) =>
        Read(body, errors) is { } answer && (answer.Choices is not null || answer.Usage is not null) ? answer : null;

    /// <summary>The pieces of a streamed answer as one whole answer.</summary>
    public static WireAnswer Merged(IReadOnlyList<WireAnswer> pieces) =>
        new()
        {
            Id = pieces.Select(piece => piece.Id).FirstOrDefault(id => id is not null),
            Model = pieces.Select(piece => piece.Model).FirstOrDefault(model => model is not null),
            Usage = pieces.Select(piece => piece.Usage).LastOrDefault(usage => usage is not null),
            Timings = pieces.Select(piece => piece.Timings).LastOrDefault(timings => timings is not null),
            Choices =
            [
                .. pieces
                    .SelectMany(piece => piece.Choices ?? [])
                    .GroupBy(choice => choice.Index)
                    .OrderBy(group => group.Key)
                    .Select(Merged),
            ],
        };

    private static WireChoice Merged(IEnumerable<WireChoice> pieces)
    {
        WireChoice[] all = [.. pieces];
        return new()
        {
            Index = all[0].Index,
            FinishReason = all.Select(piece => piece.FinishReason).LastOrDefault(reason => reason is { Length: > 0 }),
            Logprobs = new(all.SelectMany(piece => piece.Logprobs?.Content ?? []).ToArray()),
            Message = new()
            {
                Content = string.Concat(all.Select(piece => piece.Text?.Content)),
                Reasoning = string.Concat(all.Select(piece => piece.Text?.Reasoning)),
                ReasoningContent = string.Concat(all.Select(piece => piece.Text?.ReasoningContent)),
                Refusal = string.Concat(all.Select(piece => piece.Text?.Refusal)),
            },
        };
    }

    private static WireAnswer? Read(ReadOnlySpan<byte> body, EndpointErrors errors)
    {
        WireAnswer? answer;
        try
        {
            answer = Parse(WithoutMark(body));
        }
        catch (JsonException error)
        {
            throw errors.Unusable(Text(body), error);
        }

        if (Says(answer?.Error))
        {
            throw errors.Reported(Text(body));
        }

        if (answer?.Choices?.Any(choice => choice is null) == true)
        {
            answer = answer with { Choices = [.. answer.Choices.Where(choice => choice is not null)] };
        }

        foreach (WireChoice choice in answer?.Choices ?? [])
        {
            if (Says(choice.Error))
            {
                throw errors.Reported(Text(body));
            }

            if (choice.FinishReason is { Length: > 0 } reason && FinishReasons.Of(reason) is null)
            {
                throw errors.Ended(reason);
            }
        }

        return answer;
    }

    private static WireAnswer? Parse(ReadOnlySpan<byte> json)
    {
        try
        {
            return First(json);
        }
        catch (JsonException) when (WireNumbers.WithoutInfinities(json) is { } mended)
        {
            return First(mended);
        }
    }

    /// <summary>The JSON value, behind which some gateways put the end mark of a stream.</summary>
    private static WireAnswer? First(ReadOnlySpan<byte> json)
    {
        Utf8JsonReader reader = new(json, new JsonReaderOptions { AllowMultipleValues = true });
        WireAnswer? answer = JsonSerializer.Deserialize(ref reader, WireJson.Default.WireAnswer);
        ReadOnlySpan<byte> rest = PooledBytes.TrimStart(json[(int)reader.BytesConsumed..]);
        return rest.IsEmpty || rest.StartsWith("data:"u8) ? answer : throw new JsonException("something follows the JSON");
    }

    private static bool Says(JsonElement? error) => error is { ValueKind: JsonValueKind.Object or JsonValueKind.String };

    private static string Text(ReadOnlySpan<byte> body) => Encoding.UTF8.GetString(WithoutMark(body));

    private static ReadOnlySpan<byte> WithoutMark(ReadOnlySpan<byte> body)
    {
        ReadOnlySpan<byte> mark = [0xef, 0xbb, 0xbf];
        return body.StartsWith(mark) ? body[mark.Length..] : body;
    }
}

internal sealed record WireChoice
{
    public int Index { get; init; }

    /// <summary>The text of a whole answer or of a piece.</summary>
    [JsonIgnore]
    public WireText? Text => Delta ?? Message;

    public WireText? Message { get; init; }

    public WireText? Delta { get; init; }

    public string? FinishReason { get; init; }

    public WireLogprobs? Logprobs { get; init; }

    /// <summary>Of gateways: what went wrong at the provider behind them.</summary>
    public JsonElement? Error { get; init; }
}

internal sealed record WireText
{
    /// <summary>A string, null, or a list of parts of which those with a text count.</summary>
    [JsonConverter(typeof(TextOrParts))]
    public string? Content { get; init; }

    public string? Reasoning { get; init; }

    public string? ReasoningContent { get; init; }

    /// <summary>What the model says in place of an answer that it will not give.</summary>
    [JsonConverter(typeof(TextOrParts))]
    public string? Refusal { get; init; }

    [JsonIgnore]
    public bool HasText => Thought.Length > 0 || Content is { Length: > 0 };

    [JsonIgnore]
    public string Thought => string.IsNullOrEmpty(Reasoning) ? ReasoningContent ?? "" : Reasoning;
}

internal sealed record WireLogprobs(IReadOnlyList<WireToken>? Content);

internal sealed record WireToken(
    string? Token,
    [property: JsonConverter(typeof(LenientLogProb))] float Logprob,
    IReadOnlyList<WireToken>? TopLogprobs
);

/// <summary>
/// What an answer cost, in the forms in which providers count it: the cached part of the prompt in the details (OpenAI, vLLM), beside it
/// (Kimi) or as hits (DeepSeek); the thought within <c>completion_tokens</c> (OpenAI) or beside it (xAI).
/// </summary>
internal sealed record WireUsage
{
    [JsonConverter(typeof(LenientCount))]
    public long? PromptTokens { get; init; }

    [JsonConverter(typeof(LenientCount))]
    public long? CompletionTokens { get; init; }

    [JsonConverter(typeof(LenientCount))]
    public long? TotalTokens { get; init; }

    [JsonConverter(typeof(LenientCount))]
    public long? PromptCacheHitTokens { get; init; }

    [JsonConverter(typeof(LenientCount))]
    public long? CachedTokens { get; init; }

    [JsonConverter(typeof(LenientCount))]
    public long? ReasoningTokens { get; init; }

    public WireTokenDetails? PromptTokensDetails { get; init; }

    public WireTokenDetails? CompletionTokensDetails { get; init; }

    /// <summary>Prompt tokens from a cache; null where the answer does not report them.</summary>
    [JsonIgnore]
    public long? Cached => PromptTokensDetails?.CachedTokens ?? PromptCacheHitTokens ?? CachedTokens;

    /// <summary>Tokens of the thought; null where the answer does not report them.</summary>
    [JsonIgnore]
    public long? Thought => CompletionTokensDetails?.ReasoningTokens ?? ReasoningTokens;

    /// <summary>All generated tokens, the thought included; null where the answer does not report them.</summary>
    [JsonIgnore]
    public long? Generated => ThoughtStandsBeside ? CompletionTokens + Thought : CompletionTokens;

    /// <summary>A thought longer than the completion, or a total that adds up only with it, was not counted within.</summary>
    private bool ThoughtStandsBeside =>
        Thought is > 0 and var thought
        && CompletionTokens is { } completion
        && (thought > completion || (PromptTokens is { } prompt && TotalTokens == prompt + completion + thought));
}

internal sealed record WireTokenDetails(
    [property: JsonConverter(typeof(LenientCount))] long? CachedTokens,
    [property: JsonConverter(typeof(LenientCount))] long? ReasoningTokens
);

/// <summary>A model as a server lists it; most say the length of its context, each under a name of its own.</summary>
internal sealed record WireModel(string? Id)
{
    public string? OwnedBy { get; init; }

    /// <summary>Of vLLM and SGLang.</summary>
    [JsonConverter(typeof(LenientCount))]
    public long? MaxModelLen { get; init; }

    /// <summary>Of proxies, for the prompt alone.</summary>
    [JsonConverter(typeof(LenientCount))]
    public long? MaxInputTokens { get; init; }

    /// <summary>Of hosted services.</summary>
    [JsonConverter(typeof(LenientCount))]
    public long? ContextLength { get; init; }

    /// <summary>Of Groq.</summary>
    [JsonConverter(typeof(LenientCount))]
    public long? ContextWindow { get; init; }

    /// <summary>Of Mistral.</summary>
    [JsonConverter(typeof(LenientCount))]
    public long? MaxContextLength { get; init; }

    /// <summary>Of llama.cpp.</summary>
    public WireModelMeta? Meta { get; init; }

    /// <summary>The most tokens of prompt and completion together; null where the list does not say.</summary>
    [JsonIgnore]
    public int? ContextTokens =>
        (MaxModelLen ?? Meta?.NCtx ?? ContextLength ?? ContextWindow ?? MaxContextLength ?? MaxInputTokens)
            is > 0
                and <= int.MaxValue
                and var tokens
            ? (int)tokens
            : null;
}

internal sealed record WireModelMeta([property: JsonConverter(typeof(LenientCount))] long? NCtx);

/// <summary>The list of models: an object with <c>data</c> (OpenAI) or <c>models</c>, or a bare list (Together).</summary>
internal static class WireModels
{
    /// <exception cref="EndpointException">It is not a list of models.</exception>
    public static IReadOnlyList<WireModel> Read(ReadOnlySpan<byte> body, EndpointErrors errors)
    {
        try
        {
            JsonElement root = JsonSerializer.Deserialize(body, WireJson.Default.JsonElement);
            JsonElement? list = root.ValueKind switch
            {
                JsonValueKind.Array => root,
                JsonValueKind.Object when ListIn(root, "data") is { } data => data,
                JsonValueKind.Object => ListIn(root, "models"),
                _ => null,
            };
            WireModel[]? models = list is { } found
                ? [.. found.EnumerateArray().Where(IsObject).Select(Model).OfType<WireModel>().Where(model => model.Id is not null)]
                : null;
            return models is null || (models.Length == 0 && list?.GetArrayLength() > 0)
                ? throw errors.NoModels(Encoding.UTF8.GetString(body))
                : models;
        }
        catch (JsonException error)
        {
            throw errors.NoModels(Encoding.UTF8.GetString(body), error);
        }
    }

    private static bool IsObject(JsonElement element) => element.ValueKind == JsonValueKind.Object;

    private static WireModel? Model(JsonElement element) => element.Deserialize(WireJson.Default.WireModel);

    private static JsonElement? ListIn(JsonElement root, string name) =>
        root.TryGetProperty(name, out JsonElement list) && list.ValueKind == JsonValueKind.Array ? list : null;
}

/// <summary>The tokens of a prompt.</summary>
internal sealed record WireTokens(IReadOnlyList<int>? Tokens)
{
    /// <exception cref="EndpointException">It is not JSON of that form.</exception>
    public static IReadOnlyList<int>? Read(ReadOnlySpan<byte> body, EndpointErrors errors)
    {
        try
        {
            return JsonSerializer.Deserialize(body, WireJson.Default.WireTokens)?.Tokens;
        }
        catch (JsonException error)
        {
            throw errors.Unusable(Encoding.UTF8.GetString(body), error);
        }
    }
}

/// <summary>A score of a reward model: of <c>/classify</c> in <c>probs</c>, of <c>/pooling</c> in <c>data</c>.</summary>
internal sealed record WireScore
{
    public IReadOnlyList<WireScoredText>? Data { get; init; }

    public WireUsage? Usage { get; init; }

    /// <summary>The score.</summary>
    [JsonIgnore]
    public double Value => (Data?[0].Probs ?? Data?[0].Data)?[0] ?? double.NaN;

    /// <exception cref="EndpointException">It is not the score of one text by a model with one output.</exception>
    public static WireScore Read(ReadOnlySpan<byte> body, EndpointErrors errors)
    {
        try
        {
            WireScore? score = JsonSerializer.Deserialize(body, WireJson.Default.WireScore);
            return score is { Data: [{ } text] } && (text.Probs ?? text.Data) is [var value] && double.IsFinite(value)
                ? score
                : throw errors.NoScores(Encoding.UTF8.GetString(body));
        }
        catch (JsonException error)
        {
            throw errors.NoScores(Encoding.UTF8.GetString(body), error);
        }
    }
}

internal sealed record WireScoredText(IReadOnlyList<double>? Probs, IReadOnlyList<double>? Data);

/// <summary>Of llama.cpp's server: how many prompt tokens came from its cache.</summary>
internal sealed record WireTimings([property: JsonConverter(typeof(LenientCount))] long? CacheN);

/// <summary>Content as a string, or as the texts of its parts joined.</summary>
internal sealed class TextOrParts : JsonConverter<string?>
{
    public override string? Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        if (reader.TokenType == JsonTokenType.String)
        {
            return reader.GetString();
        }

        using JsonDocument other = JsonDocument.ParseValue(ref reader);
        return other.RootElement.ValueKind == JsonValueKind.Array
            ? string.Concat(other.RootElement.EnumerateArray().Select(PartText))
            : null;
    }

    public override void Write(Utf8JsonWriter writer, string? value, JsonSerializerOptions options) => writer.WriteStringValue(value);

    private static string PartText(JsonElement part) =>
        part.ValueKind == JsonValueKind.Object
        && part.TryGetProperty("text", out JsonElement text)
        && text.ValueKind == JsonValueKind.String
            ? text.GetString() ?? ""
            : "";
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
[JsonSerializable(typeof(WireAnswer))]
[JsonSerializable(typeof(WireModel))]
[JsonSerializable(typeof(WireTokens))]
[JsonSerializable(typeof(WireScore))]
[JsonSerializable(typeof(JsonElement))]
internal sealed partial class WireJson : JsonSerializerContext;
