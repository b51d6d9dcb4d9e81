using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Sockets;
using System.Text.RegularExpressions;

namespace RewardReasoning.Endpoints;

/// <summary>
/// Failures of a server as exceptions whose messages say what was found and what to look at. No message holds a secret, and neither do
/// the exceptions beneath, which are shown with --verbose.
/// </summary>
internal sealed partial class EndpointErrors(Uri url, Secrets secrets, TimeProvider time)
{
    private const int ExcerptLength = 200;

    /// <summary>The address without query and credentials.</summary>
    private readonly string _address = Shown(url);

    /// <summary>A failure of the transport.</summary>
    public EndpointException Connection(Exception error)
    {
        string what = (error as HttpRequestException)?.HttpRequestError switch
        {
            _ when SocketErrorIn(error) == SocketError.ConnectionRefused => ProxyFor(url) is { } proxy
                ? $"connection refused by the proxy {proxy}, which the environment names (http_proxy, https_proxy). Is it running? "
                    + "Hosts in no_proxy are reached without it."
                : "connection refused. Is the server running, and on this port?",
            _ when SocketErrorIn(error) == SocketError.ConnectionReset => "the connection was closed in the middle of the answer.",
            HttpRequestError.NameResolutionError => "the host name is not known. Is the address right?",
            HttpRequestError.SecureConnectionError => $"no secure connection: {Root(error).TrimEnd('.')}. "
                + "Does the server speak https at this port, with a certificate that this machine trusts?",
            HttpRequestError.InvalidResponse =>
                $"what answers does not speak http: {Root(error).TrimEnd('.')}. Does the server want https?",
            HttpRequestError.ResponseEnded => "the connection was closed without an answer. Did the server stop"
                + (url.Scheme == Uri.UriSchemeHttp ? ", or does it want https?" : "?"),
            HttpRequestError.ProxyTunnelError => $"the proxy {ProxyFor(url)} did not connect: {Root(error)}",
            _ when error is InvalidDataException => "the answer's compression is broken.",
            _ when error is IOException => "the connection was closed in the middle of the answer.",
            _ => Root(error),
        };
        return Failure(EndpointFailure.Connection, what, error, isTransient: true);
    }

    /// <summary>No sign of life within a limit.</summary>
    public EndpointException TimedOut(TimeSpan limit, string what, Exception error) =>
        Failure(
            EndpointFailure.Silence,
            string.Create(CultureInfo.InvariantCulture, $"{what} within {limit.TotalSeconds:0.###} s."),
            error,
            isTransient: true
        );

    /// <summary>An HTTP status other than success.</summary>
    public EndpointException Status(HttpStatusCode status, HttpResponseHeaders headers, string body)
    {
        string hint = status switch
        {
            HttpStatusCode.Unauthorized or HttpStatusCode.Forbidden when secrets.KeySource is null =>
                " The server wants an API key: name the environment variable or the file that holds it.",
            HttpStatusCode.Unauthorized or HttpStatusCode.Forbidden =>
                $" Check the API key in {secrets.KeySource}, and the header that carries it.",
            HttpStatusCode.PaymentRequired => " The account has no credit left.",
            _ when (int)status is >= 300 and < 400 =>
                $" The server points to {LocationOf(headers)}; give that as the address, without /chat/completions.",
            HttpStatusCode.NotFound => " Check the address (it usually ends in /v1) and the model's name.",
            _ => "",
        };
        TokenRefusal? tooLong = TokenRefusal.Read(status, body);
        EndpointException failure = new($"{_address}: {(int)status} {status}: {Excerpt(body)}{hint}")
        {
            Failure = tooLong is null ? FailureOf(status) : EndpointFailure.TooLong,
            Status = status,
            IsTransient = tooLong is null && FailureOf(status) == EndpointFailure.Unavailable,
            RetryAfter = RetryAfter(headers.RetryAfter),
            TokenRefusal = tooLong,
            UnknownFields = FieldRefusal.UnknownFields(status, body),
            WantsStream = FieldRefusal.WantsStream(status, body),
            WantsMaxCompletionTokens = FieldRefusal.WantsMaxCompletionTokens(status, body),
        };
        if (tooLong is { PromptTokens: { } prompt, ContextTokens: { } context })
        {
            failure.Data[ChatResponseKeys.PromptTokens] = prompt;
            failure.Data[ChatResponseKeys.ContextTokens] = context;
        }

        return failure;
    }

    /// <summary>A 200 whose body is not what it should be.</summary>
    public EndpointException Unusable(string body, Exception? error = null) =>
        Unusable(body.Length == 0 ? "the answer is empty" : "the answer is not a chat completion", body, error);

    /// <summary>A 200 whose body is not a list of models.</summary>
    public EndpointException NoModels(string body, Exception? error = null) =>
        Unusable("the answer to /models is not a list of models", body, error);

    /// <summary>A 200 whose body is not what a reward model gives.</summary>
    public EndpointException NoScores(string body, Exception? error = null) =>
        Unusable("the answer holds no scores of a reward model", body, error);

    /// <summary>A 200 whose body is not JSON, or not what was asked for.</summary>
    public EndpointException NotJson(string body, Exception? error = null) => Unusable("the answer cannot be read", body, error);

    /// <summary>A server that takes no more work for the moment.</summary>
    public EndpointException Overloaded(string detail) =>
        new(secrets.Hide($"{_address}: {detail}")) { Failure = EndpointFailure.Unavailable, IsTransient = true };

    /// <summary>An error in place of an answer, or of its rest.</summary>
    public EndpointException Reported(string body) =>
        new($"{_address}: the server reports an error: {Excerpt(body)}")
        {
            Failure = EndpointFailure.BrokenOff,
            Status = HttpStatusCode.OK,
            IsTransient = true,
            TokenRefusal = TokenRefusal.Read(HttpStatusCode.BadRequest, body),
        };

    /// <summary>A finish reason that does not belong to an answer.</summary>
    public EndpointException Ended(string reason)
    {
        string shown = OneLine(reason);
        return FinishReasons.EndOf(reason) == AnswerEnd.BrokenOff
            ? Failure(EndpointFailure.BrokenOff, $"the server broke the answer off (finish_reason \"{shown}\").", null, isTransient: true)
            : Failure(
                EndpointFailure.UnknownEnd,
                $"the answer ended for a reason that is not known (finish_reason \"{shown}\"), so it may not be whole.",
                null,
                isTransient: true
            );
    }

    /// <summary>An answer of more bytes than are read.</summary>
    public EndpointException TooLong(long limit) =>
        Failure(
            EndpointFailure.NoCompletion,
            string.Create(CultureInfo.InvariantCulture, $"the answer is longer than {limit} bytes; it was not read to its end."),
            null,
            isTransient: false
        );

    /// <summary>A stream that ended before the answer did.</summary>
    public EndpointException Incomplete() =>
        Failure(EndpointFailure.Connection, "the connection was closed in the middle of the answer.", null, isTransient: true);

    /// <summary>A stream in which nothing came.</summary>
    public EndpointException EmptyStream() =>
        Failure(EndpointFailure.NoCompletion, "the answer is an empty stream of events.", null, isTransient: true);

    private EndpointException Unusable(string what, string body, Exception? error) =>
        new(
            IsHtml(body)
                ? $"{_address}: {Excerpt(body)} Is this the address of an OpenAI-compatible interface? It usually ends in /v1."
                : $"{_address}: {what}: {Excerpt(body)}",
            secrets.Checked(error)
        )
        {
            Failure = EndpointFailure.NoCompletion,
            Status = HttpStatusCode.OK,
            IsTransient = true,
        };

    private EndpointException Failure(EndpointFailure failure, string what, Exception? error, bool isTransient) =>
        new(secrets.Hide($"{_address}: {what}"), secrets.Checked(error)) { Failure = failure, IsTransient = isTransient };

    private static EndpointFailure FailureOf(HttpStatusCode status) =>
        status switch
        {
            HttpStatusCode.Unauthorized or HttpStatusCode.PaymentRequired or HttpStatusCode.Forbidden => EndpointFailure.Account,
            HttpStatusCode.TooManyRequests or HttpStatusCode.RequestTimeout => EndpointFailure.Unavailable,
            _ => (int)status >= 500 ? EndpointFailure.Unavailable : EndpointFailure.Refused,
        };

    private string LocationOf(HttpResponseHeaders headers)
    {
        Uri? location = headers.Location;
        return location is null ? "another address"
            : Uri.TryCreate(url, location, out Uri? absolute) ? secrets.Hide(Shown(absolute))
            : "an address that is not one";
    }

    /// <summary>The proxy that requests to an address go through, without credentials; null for none.</summary>
    private static string? ProxyFor(Uri url) =>
        !url.IsLoopback && HttpClient.DefaultProxy is var proxy && !proxy.IsBypassed(url) && proxy.GetProxy(url) is { } through
            ? through.GetComponents(UriComponents.SchemeAndServer, UriFormat.UriEscaped)
            : null;

    private static string Shown(Uri address) =>
        address.GetComponents(UriComponents.SchemeAndServer | UriComponents.Path, UriFormat.UriEscaped);

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
        string shown = Blanks().Replace(secrets.Hide(text), " ").Trim();
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
}
