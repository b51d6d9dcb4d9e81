using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Sockets;
using System.Text.RegularExpressions;

namespace RewardReasoning.Endpoints;

/// <summary>Failures of a server as exceptions whose messages say what was found and what to look at, and never hold the key.</summary>
internal sealed partial class EndpointErrors(Uri url, ApiKey? apiKey, TimeProvider time)
{
    private const int ExcerptLength = 200;

    /// <summary>The address without query and credentials.</summary>
    private readonly string _address = url.GetComponents(UriComponents.SchemeAndServer | UriComponents.Path, UriFormat.UriEscaped);

    public EndpointException Connection(Exception error)
    {
        string what = (error as HttpRequestException)?.HttpRequestError switch
        {
            _ when SocketErrorIn(error) == SocketError.ConnectionRefused => "connection refused. Is the server running, and on this port?",
            _ when SocketErrorIn(error) == SocketError.ConnectionReset => "the connection was closed in the middle of the answer.",
            HttpRequestError.NameResolutionError => "the host name is not known. Is the address right?",
            HttpRequestError.SecureConnectionError =>
                $"no secure connection: {Root(error).TrimEnd('.')}. Does the server speak https at this port, with a certificate that this machine trusts?",
            HttpRequestError.InvalidResponse =>
                $"what answers does not speak http: {Root(error).TrimEnd('.')}. Does the server want https?",
            HttpRequestError.ResponseEnded =>
                $"the connection was closed without an answer. Did the server stop{(url.Scheme == Uri.UriSchemeHttp ? ", or does it want https" : "")}?",
            _ when error is IOException => "the connection was closed in the middle of the answer.",
            _ => Root(error),
        };
        return new($"{_address}: {what}", error) { IsTransient = true };
    }

    public EndpointException TimedOut(TimeSpan limit, string what, Exception error) =>
        new(string.Create(CultureInfo.InvariantCulture, $"{_address}: {what} within {limit.TotalSeconds:0.###} s."), error)
        {
            IsTransient = true,
        };

    public EndpointException Status(HttpStatusCode status, HttpResponseHeaders headers, string body)
    {
        string hint = status switch
        {
            HttpStatusCode.Unauthorized or HttpStatusCode.Forbidden when apiKey is null =>
                " The server wants an API key: name the environment variable or the file that holds it.",
            HttpStatusCode.Unauthorized or HttpStatusCode.Forbidden => $" Check the API key in {apiKey.Source}.",
            _ when (int)status is >= 300 and < 400 =>
                $" The server points to {headers.Location?.GetComponents(UriComponents.SchemeAndServer | UriComponents.Path, UriFormat.UriEscaped) ?? "another address"}; give that as the address, without /chat/completions.",
            HttpStatusCode.NotFound => " Check the address (it usually ends in /v1) and the model's name.",
            _ => "",
        };
        EndpointException failure = new($"{_address}: {(int)status} {status}: {Excerpt(body)}{hint}")
        {
            Status = status,
            IsTransient = status == HttpStatusCode.TooManyRequests || status == HttpStatusCode.RequestTimeout || (int)status >= 500,
            RetryAfter = RetryAfter(headers.RetryAfter),
        };
        if (ContextOverflow(body) is { } overflow)
        {
            failure.Data[ChatResponseKeys.PromptTokens] = overflow.Prompt;
            failure.Data[ChatResponseKeys.ContextTokens] = overflow.Context;
        }

        return failure;
    }

    /// <summary>A 200 whose body is not what it should be.</summary>
    public EndpointException Unusable(string body, Exception? error = null) => Unusable("the answer is no chat completion", body, error);

    /// <summary>A 200 whose body is no list of models.</summary>
    public EndpointException NoModels(string body, Exception? error = null) =>
        Unusable("the answer to /models is no list of models", body, error);

    public EndpointException Reported(string body) =>
        new($"{_address}: the server reports an error: {Excerpt(body)}") { Status = HttpStatusCode.OK, IsTransient = true };

    public EndpointException TooLong(long limit) =>
        new(
            string.Create(CultureInfo.InvariantCulture, $"{_address}: the answer is longer than {limit} bytes; it was not read to its end.")
        );

    public EndpointException Incomplete() =>
        new($"{_address}: the connection was closed in the middle of the answer.") { IsTransient = true };

    private EndpointException Unusable(string what, string body, Exception? error) =>
        new(
            IsHtml(body)
                ? $"{_address}: {Excerpt(body)} Is this the address of an OpenAI-compatible interface? It usually ends in /v1."
                : $"{_address}: {what}: {Excerpt(body)}",
            error
        )
        {
            Status = HttpStatusCode.OK,
            IsTransient = true,
        };

    /// <summary>Prompt and context length from the messages that vLLM, SGLang and llama.cpp refuse a long request with.</summary>
    private static (int Prompt, int Context)? ContextOverflow(string body) =>
        Number(ContextLength().Match(body)) is { } context && Number(PromptLength().Match(body)) is { } prompt ? (prompt, context) : null;

    private static int? Number(Match match) =>
        match.Success
        && int.TryParse(match.Groups.Values.Skip(1).First(group => group.Success).ValueSpan, CultureInfo.InvariantCulture, out int number)
            ? number
            : null;

    private string Excerpt(string body)
    {
        if (IsHtml(body))
        {
            Match title = HtmlTitle().Match(body);
            return title.Success ? $"an HTML page came back, titled \"{OneLine(title.Groups[1].Value)}\"." : "an HTML page came back.";
        }

        string text = OneLine(body);
        return text.Length == 0 ? "(no body)" : text;
    }

    private string OneLine(string text)
    {
        // The key goes first, so that no cut can leave half of it behind.
        string shown = Blanks().Replace(apiKey?.Hide(text) ?? text, " ").Trim();
        return shown.Length <= ExcerptLength ? shown : string.Concat(shown.AsSpan(0, ExcerptLength), "…");
    }

    private static bool IsHtml(string body)
    {
        ReadOnlySpan<char> start = body.AsSpan().TrimStart();
        return start.StartsWith("<!doctype html", StringComparison.OrdinalIgnoreCase)
            || start.StartsWith("<html", StringComparison.OrdinalIgnoreCase);
    }

    private static SocketError? SocketErrorIn(Exception? error) =>
        error switch
        {
            null => null,
            SocketException socket => socket.SocketErrorCode,
            _ => SocketErrorIn(error.InnerException),
        };

    private static string Root(Exception error) => error.InnerException is null ? error.Message : Root(error.InnerException);

    private TimeSpan? RetryAfter(RetryConditionHeaderValue? header) =>
        header switch
        {
            { Delta: { } delta } => delta,
            { Date: { } date } => date - time.GetUtcNow() is { Ticks: > 0 } wait ? wait : TimeSpan.Zero,
            _ => null,
        };

    [GeneratedRegex(@"[\s\p{Cc}]+")]
    private static partial Regex Blanks();

    [GeneratedRegex(@"<title[^>]*>(.*?)</title>", RegexOptions.IgnoreCase | RegexOptions.Singleline)]
    private static partial Regex HtmlTitle();

    [GeneratedRegex(@"maximum context length (?:is|of) (\d+)|""n_ctx"":\s*(\d+)")]
    private static partial Regex ContextLength();

    [GeneratedRegex(@"(\d+) in the messages|has (?:at least )?(\d+) input tokens|(\d+) tokens from the input|""n_prompt_tokens"":\s*(\d+)")]
    private static partial Regex PromptLength();
}
