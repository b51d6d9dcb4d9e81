using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace RewardReasoning.Endpoints;

// The answers of the chat completions interface as they come over the wire, only the fields that we read.
internal sealed record WireAnswer
{
    public string? Id { get; init; }

    public string? Model { get; init; }

    public IReadOnlyList<WireChoice>? Choices { get; init; }

    public WireUsage? Usage { get; init; }

    public WireTimings? Timings { get; init; }

    public JsonElement? Error { get; init; }

    /// <summary>A whole answer.</summary>
    /// <exception cref="EndpointException">It is none.</exception>
    public static WireAnswer Whole(ReadOnlySpan<byte> body, EndpointErrors errors) =>
        Read(body, errors) is { Choices.Count: > 0 } answer ? answer : throw errors.Unusable(Text(body));

    /// <summary>One piece of a streamed answer; the last may hold nothing but the usage.</summary>
    /// <exception cref="EndpointException">It is none.</exception>
    public static WireAnswer Piece(ReadOnlySpan<byte> body, EndpointErrors errors) =>
        Read(body, errors) is { } answer && (answer.Choices is not null || answer.Usage is not null)
            ? answer
            : throw errors.Unusable(Text(body));

    private static WireAnswer? Read(ReadOnlySpan<byte> body, EndpointErrors errors)
    {
        WireAnswer? answer;
        try
        {
            answer = JsonSerializer.Deserialize(WithoutMark(body), WireJson.Default.WireAnswer);
        }
        catch (JsonException error)
        {
            throw errors.Unusable(Text(body), error);
        }

        return answer?.Error is { ValueKind: JsonValueKind.Object or JsonValueKind.String } ? throw errors.Reported(Text(body)) : answer;
    }

    private static string Text(ReadOnlySpan<byte> body) => Encoding.UTF8.GetString(WithoutMark(body));

    private static ReadOnlySpan<byte> WithoutMark(ReadOnlySpan<byte> body)
    {
        ReadOnlySpan<byte> mark = [0xef, 0xbb, 0xbf];
        return body.StartsWith(mark) ? body[mark.Length..] : body;
    }
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
    [JsonConverter(typeof(TextOrParts))]
    public string? Content { get; init; }

    public string? Reasoning { get; init; }

    public string? ReasoningContent { get; init; }

    [JsonIgnore]
    public string Thought => Reasoning ?? ReasoningContent ?? "";
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

/// <summary>The list of models, only the fields that we read.</summary>
internal sealed record WireModels(IReadOnlyList<WireModel>? Data)
{
    /// <exception cref="EndpointException">It is none.</exception>
    public static IReadOnlyList<WireModel> Read(ReadOnlySpan<byte> body, EndpointErrors errors)
    {
        try
        {
            return
                JsonSerializer.Deserialize(body, WireJson.Default.WireModels)?.Data is { } models
                && models.All(model => model?.Id is not null)
                ? models
                : throw errors.NoModels(Encoding.UTF8.GetString(body));
        }
        catch (JsonException error)
        {
            throw errors.NoModels(Encoding.UTF8.GetString(body), error);
        }
    }
}

/// <summary>A model as a server lists it; vLLM and SGLang say the length of its context.</summary>
internal sealed record WireModel(string Id, string? OwnedBy, int? MaxModelLen);

/// <summary>Of llama.cpp's server: how many prompt tokens came from its cache.</summary>
internal sealed record WireTimings(long? CacheN);

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
[JsonSerializable(typeof(WireModels))]
internal sealed partial class WireJson : JsonSerializerContext;
