using System.Net.ServerSentEvents;
using System.Runtime.CompilerServices;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.Extensions.AI;

namespace RewardReasoning.Endpoints;

/// <summary>
/// One server of an <see cref="EndpointChatClient"/>: a try of a request there, its pace, and how it has been doing of late.
/// </summary>
internal sealed class EndpointServer
{
    private const int MaxErrorBytes = 64 << 10;
    private const double BytesPerToken = 4;
    private const string CompletionsPath = "/chat/completions";

    private readonly EndpointOptions _options;
    private readonly HttpClient _http;
    private readonly TimeProvider _time;
    private readonly Uri _url;
    private readonly EndpointKey? _key;
    private readonly Secrets _secrets;
    private readonly EndpointErrors _errors;
    private readonly RateLimit? _requests;
    private readonly RateLimit? _tokens;
    private double _meanOutput;
    private volatile bool _streams;

    public EndpointServer(Uri url, EndpointOptions options, EndpointKey? key, HttpClient http, TimeProvider time)
    {
        _url = CompletionsUrl(url);
        _options = options;
        _key = key;
        _http = http;
        _time = time;
        _secrets = Secrets.Of(options, key);
        _errors = new(_url, _secrets, time);
        _requests = options.RequestsPerMinute is { } requests ? new(requests, time) : null;
        _tokens = options.TokensPerMinute is { } tokens ? new(tokens, time) : null;
    }

    // What the pool keeps of it, under the pool's lock; times are time stamps.
    public int InFlight { get; set; }

    public int Failures { get; set; }

    public long? FailingSince { get; set; }

    public long RestBegan { get; set; }

    public long RestUntil { get; set; } = long.MinValue;

    public bool AskedToRest { get; set; }

    public EndpointException? LastFailure { get; set; }

    public bool IsResting(long now) => now < RestUntil;

    /// <summary>The address that chat completions are asked at.</summary>
    public static Uri CompletionsUrl(Uri url)
    {
        string path = url.AbsolutePath.TrimEnd('/');
        return new UriBuilder(url)
        {
            Path = path.EndsWith(CompletionsPath, StringComparison.Ordinal) ? path : (path.Length == 0 ? "/v1" : path) + CompletionsPath,
        }.Uri;
    }

    /// <summary>One try of the list of models.</summary>
    /// <exception cref="EndpointException">It failed.</exception>
    public async Task<IReadOnlyList<WireModel>> ModelsAsync(CancellationToken cancellationToken)
    {
        using PooledBytes body = await ExchangeAsync(new(HttpMethod.Get, Sibling("/models")), cancellationToken).ConfigureAwait(false);
        return WireModels.Read(body.Span, _errors);
    }

    /// <summary>
    /// The length of a model's context: as the list of models has it, else as servers of its kind tell it elsewhere.
    /// </summary>
    /// <param name="model">The model.</param>
    /// <param name="flavour">The kind of server; Generic goes by the owner that the list names.</param>
    /// <param name="cancellationToken">Ends the question.</param>
    public async Task<ContextAnswer> ContextAsync(string model, ServerFlavour flavour, CancellationToken cancellationToken)
    {
        try
        {
            IReadOnlyList<WireModel> models = await ModelsAsync(cancellationToken).ConfigureAwait(false);
            WireModel? entry = models.FirstOrDefault(entry => entry.Id == model);
            ServerQuirks quirks = flavour == ServerFlavour.Generic ? ServerQuirks.OfOwner(entry?.OwnedBy) : ServerQuirks.Of(flavour);
            return new(
                entry?.ContextTokens
                    ?? (quirks.Context is { } place ? await ContextAtAsync(place, model, cancellationToken).ConfigureAwait(false) : null),
                true
            );
        }
        catch (EndpointException failure)
        {
            return new(null, !failure.IsTransient);
        }
    }

    private async Task<int?> ContextAtAsync(ContextPlace place, string model, CancellationToken cancellationToken)
    {
        HttpRequestMessage message = place.IsAskedByName
            ? Posted(OutsideV1(place.Path), new JsonObject { ["model"] = model })
            : new(HttpMethod.Get, OutsideV1(place.Path));
        try
        {
            using PooledBytes body = await ExchangeAsync(message, cancellationToken).ConfigureAwait(false);
            return WireContext.Read(body.Span);
        }
        catch (EndpointException)
        {
            return null;
        }
    }

    /// <summary>One try of the tokens of messages, under the template and with the beginning of an answer.</summary>
    /// <returns>Null for an answer without tokens.</returns>
    /// <exception cref="EndpointException">It failed.</exception>
    public async Task<IReadOnlyList<int>?> TokenizeAsync(
        string model,
        IReadOnlyList<ChatMessage> messages,
        CancellationToken cancellationToken
    )
    {
        JsonObject question = new()
        {
            ["model"] = model,
            ["messages"] = new JsonArray([
                .. messages.Select(message => new JsonObject { ["role"] = message.Role.Value, ["content"] = message.Text }),
            ]),
        };
        using PooledBytes body = await ExchangeAsync(Posted(OutsideV1("/tokenize"), question), cancellationToken).ConfigureAwait(false);
        return WireTokens.Read(body.Span, _errors);
    }

    /// <summary>
    /// One try of the scores of conversations by a reward model; an HTTP question to <c>/classify</c> or <c>/pooling</c>.
    /// </summary>
    /// <exception cref="EndpointException">It failed.</exception>
    public async Task<WireScore> ScoreAsync(string path, JsonObject question, CancellationToken cancellationToken)
    {
        using PooledBytes body = await ExchangeAsync(Posted(OutsideV1(path), question), cancellationToken).ConfigureAwait(false);
        return WireScore.Read(body.Span, _errors);
    }

    /// <summary>One try of a JSON value from an address beside that of chat completions.</summary>
    /// <param name="path">The address, from <c>/v1</c> on.</param>
    /// <param name="question">What is posted; null asks with GET.</param>
    /// <param name="cancellationToken">Ends the try.</param>
    /// <exception cref="EndpointException">It failed, or the answer is not JSON.</exception>
    public async Task<JsonElement> AskAsync(string path, JsonNode? question, CancellationToken cancellationToken)
    {
        HttpRequestMessage message = question is null ? new(HttpMethod.Get, Sibling(path)) : Posted(Sibling(path), question);
        using PooledBytes body = await ExchangeAsync(message, cancellationToken).ConfigureAwait(false);
        try
        {
            return JsonElement.Parse(body.Span);
        }
        catch (JsonException error)
        {
            throw _errors.NotJson(Encoding.UTF8.GetString(body.Span), error);
        }
    }

    /// <summary>
    /// One try of an answer: its pieces as they come; one of them for an answer that comes whole. What comes decides that, not what was
    /// asked for and not the declared type: proxies change it, and some servers always do the same.
    /// </summary>
    /// <exception cref="EndpointException">It failed.</exception>
    public async IAsyncEnumerable<WireAnswer> AnswerAsync(
        EndpointCall call,
        TryWatch watch,
        [EnumeratorCancellation] CancellationToken cancellationToken
    )
    {
        double estimate = await WaitForTurnAsync(call, watch.Token).ConfigureAwait(false);
        WireUsage? usage = null;
        int pieces = 0;
        watch.Start(_options.RequestTimeout, _streams ? _options.StreamIdleTimeout : _options.RequestTimeout);
        IAsyncEnumerator<WireAnswer> answer = PiecesAsync(call, watch).GetAsyncEnumerator(watch.Token);
        await using (answer.ConfigureAwait(false))
        {
            while (await NextAsync().ConfigureAwait(false))
            {
                usage = answer.Current.Usage ?? usage;
                _streams |= ++pieces > 2;
                watch.Pause(); // a slow reader is not a silent server
                yield return answer.Current;
                watch.Resume();
            }
        }

        Count(usage, estimate);

        async ValueTask<bool> NextAsync()
        {
            try
            {
                return await answer.MoveNextAsync().ConfigureAwait(false);
            }
            catch (Exception error) when (Meaning(error, watch, cancellationToken) is { } failure)
            {
                throw failure;
            }
        }
    }

    /// <summary>The failure that an exception of the transport means; null for what is the caller's own or a failure already.</summary>
    private EndpointException? Meaning(Exception error, TryWatch watch, CancellationToken cancellationToken) =>
        error switch
        {
            OperationCanceledException when cancellationToken.IsCancellationRequested => null,
            OperationCanceledException { InnerException: TimeoutException } => _errors.TimedOut(
                _options.ConnectTimeout,
                "no connection",
                error
            ),
            OperationCanceledException when watch is { Expired: { } limit, WasSilent: true, HasBegun: true } => _errors.TimedOut(
                limit,
                "the stream paused and did not go on",
                error
            ),
            OperationCanceledException when watch.Expired is { } limit => _errors.TimedOut(
                limit,
                watch.HasBegun ? "the answer did not end" : "no answer",
                error
            ),
            OperationCanceledException => null,
            HttpRequestException or IOException or InvalidDataException => _errors.Connection(error),
            _ => null,
        };

    private async Task<double> WaitForTurnAsync(EndpointCall call, CancellationToken cancellationToken)
    {
        if (_requests is not null)
        {
            await _requests.WaitAsync(1, cancellationToken).ConfigureAwait(false);
        }

        if (_tokens is null)
        {
            return 0;
        }

        double estimate = (call.Body.Length / BytesPerToken) + Volatile.Read(ref _meanOutput);
        await _tokens.WaitAsync(estimate, cancellationToken).ConfigureAwait(false);
        return estimate;
    }

    private void Count(WireUsage? usage, double estimate)
    {
        const double Weight = 0.1;
        if (_tokens is not null && usage is { PromptTokens: { } read, Generated: { } written })
        {
            _tokens.Take(read + written - estimate);
            double mean = Volatile.Read(ref _meanOutput);
            Volatile.Write(ref _meanOutput, mean == 0 ? written : mean + (Weight * (written - mean)));
        }
    }

    private async IAsyncEnumerable<WireAnswer> PiecesAsync(EndpointCall call, TryWatch watch)
    {
        using HttpResponseMessage response = await SendAsync(Question(call), watch.Token).ConfigureAwait(false);
        watch.Begin(_options.StreamIdleTimeout);
        BoundedStream bounded = new(
            await response.Content.ReadAsStreamAsync(watch.Token).ConfigureAwait(false),
            _options.MaxAnswerBytes,
            _errors.TooLong,
            watch
        );
        await using (bounded.ConfigureAwait(false))
        {
            using PooledBytes head = await PooledBytes.ReadFirstAsync(bounded, watch.Token).ConfigureAwait(false);
            if (!IsEventStream(head.Span))
            {
                await head.ReadRestAsync(bounded, watch.Token).ConfigureAwait(false);
                yield return WireAnswer.Whole(head.Span, _errors);
                yield break;
            }

            bool any = false,
                ended = false;
            SseParser<(bool IsEnd, WireAnswer? Piece)> parser = SseParser.Create(new PrefixedStream(head, bounded), Read);
            await foreach (SseItem<(bool IsEnd, WireAnswer? Piece)> item in parser.EnumerateAsync(watch.Token).ConfigureAwait(false))
            {
                if (item.Data.IsEnd)
                {
                    ended = true;
                    break;
                }

                if (item.Data.Piece is { } piece)
                {
                    any = true;
                    ended |= piece.Choices?.Any(choice => choice.FinishReason is { Length: > 0 }) == true;
                    yield return piece;
                }
            }

            if (!any || !ended)
            {
                throw any ? _errors.Incomplete() : _errors.EmptyStream();
            }
        }

        (bool IsEnd, WireAnswer? Piece) Read(string type, ReadOnlySpan<byte> data) =>
            data.Trim((byte)' ').SequenceEqual("[DONE]"u8) ? (true, null)
            : data.Length == 0 ? (false, null)
            : type == "error" ? throw _errors.Reported(Encoding.UTF8.GetString(data))
            : (false, WireAnswer.Piece(data, _errors));
    }

    /// <summary>Whether a body begins as a stream of events does.</summary>
    private static bool IsEventStream(ReadOnlySpan<byte> head)
    {
        ReadOnlySpan<byte> start = PooledBytes.TrimStart(head);
        return start.StartsWith("data:"u8)
            || start.StartsWith("event:"u8)
            || start.StartsWith("id:"u8)
            || start.StartsWith("retry:"u8)
            || start.StartsWith(":"u8);
    }

    private async Task<HttpResponseMessage> SendAsync(HttpRequestMessage message, CancellationToken cancellationToken)
    {
        using HttpRequestMessage sent = message;
        foreach ((string name, string value) in _options.Headers)
        {
            message.Headers.TryAddWithoutValidation(name, value);
        }

        if (_key is not null)
        {
            await _key.AddToAsync(message, _secrets, cancellationToken).ConfigureAwait(false);
        }

        HttpResponseMessage response = await _http
            .SendAsync(message, HttpCompletionOption.ResponseHeadersRead, cancellationToken)
            .ConfigureAwait(false);
        if (response.IsSuccessStatusCode)
        {
            return response;
        }

        using (response)
        {
            using PooledBytes body = await PooledBytes.ReadAsync(response.Content, MaxErrorBytes, cancellationToken).ConfigureAwait(false);
            throw _errors.Status(response.StatusCode, response.Headers, Encoding.UTF8.GetString(body.Span));
        }
    }

    private HttpRequestMessage Question(EndpointCall call) =>
        new(HttpMethod.Post, _url)
        {
            Content = new ReadOnlyMemoryContent(call.Body) { Headers = { ContentType = new("application/json") } },
        };

    private static HttpRequestMessage Posted(Uri url, JsonNode question) =>
        new(HttpMethod.Post, url)
        {
            Content = new ByteArrayContent(Encoding.UTF8.GetBytes(question.ToJsonString()))
            {
                Headers = { ContentType = new("application/json") },
            },
        };

    /// <summary>An address of the server itself, beside its OpenAI-compatible part.</summary>
    private Uri OutsideV1(string path)
    {
        string interfaces = _url.AbsolutePath[..^CompletionsPath.Length];
        string root = interfaces.EndsWith("/v1", StringComparison.Ordinal) ? interfaces[..^3] : interfaces;
        return new UriBuilder(_url) { Path = root + path }.Uri;
    }

    /// <summary>An address beside that of chat completions.</summary>
    private Uri Sibling(string path) => new UriBuilder(_url) { Path = _url.AbsolutePath[..^CompletionsPath.Length] + path }.Uri;

    /// <summary>The body of an answer that is read whole, within the limits of time and length.</summary>
    private async Task<PooledBytes> ExchangeAsync(HttpRequestMessage message, CancellationToken cancellationToken)
    {
        using TryWatch watch = new(_time, cancellationToken);
        watch.Start(_options.RequestTimeout, _options.RequestTimeout);
        try
        {
            using HttpResponseMessage response = await SendAsync(message, watch.Token).ConfigureAwait(false);
            PooledBytes body = await PooledBytes.ReadAsync(response.Content, _options.MaxAnswerBytes, watch.Token).ConfigureAwait(false);
            if (body.IsCut)
            {
                body.Dispose();
                throw _errors.TooLong(_options.MaxAnswerBytes);
            }

            return body;
        }
        catch (Exception error) when (Meaning(error, watch, cancellationToken) is { } failure)
        {
            throw failure;
        }
    }
}
