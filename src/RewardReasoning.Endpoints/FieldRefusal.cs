using System.Net;
using System.Text.RegularExpressions;

namespace RewardReasoning.Endpoints;

/// <summary>
/// A request refused for a field that the server does not know or take, where an answer without that field serves as well: which field, in
/// the words of FastAPI, transformers, OpenAI, Mistral and others.
/// </summary>
internal static partial class FieldRefusal
{
    /// <summary>
    /// Fields that a request does without: what they ask for is then the server's own choice, or is missing in the answer.
    /// </summary>
    public static readonly string[] Optional =
    [
        "top_k",
        "min_p",
        "seed",
        "stream_options",
        "logprobs",
        "top_logprobs",
        "chat_template_kwargs",
        "reasoning_effort",
        "structured_outputs",
        "grammar",
        "regex",
    ];

    /// <summary>The optional fields that a refusal names as unknown; none for another refusal.</summary>
    public static IReadOnlyList<string> UnknownFields(HttpStatusCode status, string body) =>
        IsRefusal(status) && Unknown().IsMatch(body)
            ? [.. Optional.Where(field => Regex.IsMatch(body, $@"(?<!\w){field}(?!\w)", RegexOptions.CultureInvariant))]
            : [];

    /// <summary>
    /// Whether a refusal asks for a stream (true) or for a whole answer (false); null for another refusal.
    /// </summary>
    public static bool? WantsStream(HttpStatusCode status, string body) =>
        !IsRefusal(status) || body.Contains("stream_options", StringComparison.Ordinal) ? null
        : OnlyStreams().IsMatch(body) ? true
        : NoStreams().IsMatch(body) ? false
        : null;

    /// <summary>Whether the server wants the newer name for the cap on tokens.</summary>
    public static bool WantsMaxCompletionTokens(HttpStatusCode status, string body) => IsRefusal(status) && NewerName().IsMatch(body);

    private static bool IsRefusal(HttpStatusCode status) =>
        status is HttpStatusCode.BadRequest or HttpStatusCode.UnprocessableEntity or HttpStatusCode.NotImplemented;

    [GeneratedRegex(
        "unknown|unexpected|unrecogni[sz]ed|unsupported|not supported|does not support|doesn't support|not permitted|not allowed"
            + "|extra (?:input|field|propert)|extra_forbidden|additional propert|no such field",
        RegexOptions.IgnoreCase
    )]
    private static partial Regex Unknown();

    [GeneratedRegex(
        "only supports? stream|stream(?:ing)? (?:mode )?(?:only|is required)|must be (?:used with )?stream|enable the stream"
            + "|stream(?:[`'\"])? must be (?:set to )?true",
        RegexOptions.IgnoreCase
    )]
    private static partial Regex OnlyStreams();

    [GeneratedRegex(
        "(?:does not|doesn't|do not) support stream"
            + "|stream(?:ing)?[`'\"]?(?: mode)? (?:is|are) (?:not (?:supported|available|allowed)|unsupported|disabled)",
        RegexOptions.IgnoreCase
    )]
    private static partial Regex NoStreams();

    [GeneratedRegex("max_tokens.{0,80}use .{0,8}max_completion_tokens", RegexOptions.IgnoreCase | RegexOptions.Singleline)]
    private static partial Regex NewerName();
}
