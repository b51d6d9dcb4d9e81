using System.Net;
using System.Text.Json;
using Microsoft.AspNetCore.Http;
using RewardReasoning.Endpoints;
using RewardReasoning.Storage.Rewards;

namespace RewardReasoning.Server.Http;

/// <summary>A request that is answered with an error object: its HTTP status and fields.</summary>
internal sealed class ApiException(int status, string message, string? code = null, string? parameter = null, Exception? cause = null)
    : RewardReasoningException(message, cause)
{
    public override FailureBoundary Boundary => Status < 500 ? FailureBoundary.Input : FailureBoundary.Provider;

    public int Status { get; } = status;

    /// <summary>A word for programs, such as <c>context_length_exceeded</c>.</summary>
    public string? Code { get; } = code;

    /// <summary>When to try again; null where that would not help, or nothing is known.</summary>
    public TimeSpan? RetryAfter { get; init; }

    /// <summary>The field of the request that is at fault.</summary>
    public string? Parameter { get; } = parameter;

    public string Type =>
        Status switch
        {
            StatusCodes.Status401Unauthorized => "authentication_error",
            StatusCodes.Status404NotFound => "not_found_error",
            StatusCodes.Status429TooManyRequests => "rate_limit_error",
            >= 500 => "server_error",
            _ => "invalid_request_error",
        };

    /// <summary>What the status means, for people; the same for every request that ends with it.</summary>
    public string Title =>
        Status switch
        {
            StatusCodes.Status400BadRequest => "The request cannot be read",
            StatusCodes.Status401Unauthorized => "The API key is missing or wrong",
            StatusCodes.Status403Forbidden => "The request comes from another site",
            StatusCodes.Status404NotFound => "There is nothing here",
            StatusCodes.Status405MethodNotAllowed => "This address has other methods",
            StatusCodes.Status409Conflict => "The request contradicts an earlier one",
            StatusCodes.Status413PayloadTooLarge => "The request is too large",
            StatusCodes.Status415UnsupportedMediaType => "The body is not of a type that is read here",
            StatusCodes.Status421MisdirectedRequest => "The request is for another host",
            StatusCodes.Status422UnprocessableEntity => "This cannot be judged",
            StatusCodes.Status429TooManyRequests => "Too many requests",
            StatusCodes.Status502BadGateway => "The model's server failed",
            StatusCodes.Status503ServiceUnavailable => "The server cannot take this now",
            StatusCodes.Status504GatewayTimeout => "The deadline has passed",
            >= 500 => "The server failed",
            _ => "The request was refused",
        };

    /// <summary>A field holds something that cannot be used.</summary>
    public static ApiException BadField(string parameter, string message) =>
        new(StatusCodes.Status400BadRequest, message, parameter: parameter);

    /// <summary>What to answer where a request ended in an exception.</summary>
    public static ApiException Of(Exception error) =>
        error switch
        {
            ApiException api => api,
            BadHttpRequestException { StatusCode: StatusCodes.Status413PayloadTooLarge } large => new(
                large.StatusCode,
                "The request's body is larger than this server takes. Shorten the messages.",
                "request_too_large",
                cause: large
            ),
            BadHttpRequestException bad => new(bad.StatusCode, bad.Message, cause: bad),
            IOException { InnerException: OverflowException } => new(
                StatusCodes.Status400BadRequest,
                "A chunk of the body has an impossible size.",
                cause: error
            ),
            JsonException json => new(StatusCodes.Status400BadRequest, WhereInJson(json), "invalid_json", FieldOf(json), json),
            // Text is decoded where it is used: the reader finds broken text only then.
            InvalidOperationException { Source: "System.Text.Json" or "System.Text.Json.Rethrowable" } => new(
                StatusCodes.Status400BadRequest,
                "A text in the body is not Unicode: it holds half of a surrogate pair, or bytes that are not UTF-8.",
                "invalid_json",
                cause: error
            ),
            _ when error.Data[ChatResponseKeys.PromptTokens] is int prompt && error.Data[ChatResponseKeys.ContextTokens] is int context =>
                new(
                    StatusCodes.Status400BadRequest,
                    $"This model's maximum context length is {context} tokens, the completion included. "
                        + $"However, your request has {prompt} input tokens. Shorten the messages.",
                    "context_length_exceeded",
                    "messages",
                    error
                ),
            OutOfDomainException => new(StatusCodes.Status422UnprocessableEntity, error.Message, "out_of_domain", cause: error),
            EndpointException { Status: HttpStatusCode.BadRequest or HttpStatusCode.UnprocessableEntity } => new(
                StatusCodes.Status422UnprocessableEntity,
                "The server of the model refused this text.",
                "refused_upstream",
                cause: error
            ),
            EndpointException => new(StatusCodes.Status502BadGateway, "The server behind this one failed.", "upstream_error", cause: error),
            LostShardException => new(StatusCodes.Status503ServiceUnavailable, error.Message, "moved", cause: error)
            {
                RetryAfter = TimeSpan.FromSeconds(1),
            },
            RewardReasoningException { Boundary: FailureBoundary.Store } => new(
                StatusCodes.Status503ServiceUnavailable,
                "The store cannot be used, so nothing can be judged: what is paid for must be kept.",
                "store_failed",
                cause: error
            )
            {
                RetryAfter = TimeSpan.FromSeconds(2),
            },
            _ => new(StatusCodes.Status500InternalServerError, "The model failed at this request.", "internal_error", cause: error),
        };

    /// <summary>What to answer where a chat model that got a request's own options and messages ended in an exception.</summary>
    public static ApiException OfModel(Exception error) =>
        // A model that is at fault before it computes anything refuses this chat: its template does, or lacks its tokens.
        error
            is ArgumentException
                or NotSupportedException
                or RewardReasoningException { Boundary: FailureBoundary.Model, Scope: FailureScope.Run }
        && !error.Data.Contains(ChatResponseKeys.PromptTokens)
            ? new(StatusCodes.Status400BadRequest, error.Message, cause: error)
            : Of(error);

    private static string? FieldOf(JsonException error) =>
        error.Path is { Length: > 2 } path && path.StartsWith("$.", StringComparison.Ordinal) ? path[2..] : null;

    private static string WhereInJson(JsonException error) =>
        FieldOf(error) is { } field && error.InnerException is not JsonException
            ? $"The field {field} has a value of the wrong type, or the body's JSON ends there "
                + $"(line {error.LineNumber + 1}, byte {error.BytePositionInLine + 1})."
            : $"The body is not the JSON object that is expected here (line {error.LineNumber + 1}, byte {error.BytePositionInLine + 1}).";
}
