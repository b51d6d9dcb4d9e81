using System.Net.ServerSentEvents;
using System.Runtime.CompilerServices;
using System.Text;

namespace RewardReasoning.Endpoints;

/// <summary>
/// One server of an <see cref="EndpointChatClient"/>: a try of a request there, its pace, and how it has been doing of late.
/// </summary>
internal sealed class EndpointServer
{
    private const int MaxErrorBytes = 64 << 10;
    private const double BytesPerToken = 4;
    private const string CompletionsPath = "/chat/completions";
    private const string StreamMediaType = "text/event-stream";

    private readonly EndpointOptions _options;
    private readonly HttpClient _http;
    private readonly TimeProvider _time;
    private readonly Uri _url;
    private readonly ApiKey? _key;
    private readonly EndpointErrors _errors;
    private readonly Pace? _requests;
    private readonly Pace? _tokens;
    private double _meanOutput;

    public EndpointServer(Uri url, EndpointOptions options, ApiKey? key, HttpClient http, TimeProvider time)
    {
        _url = CompletionsUrl(url);
        _options = options;
        _key = key;
        _http = http;
        _time = time;
        _errors = new(_url, key, time);
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

    /// <summary>One try of a whole answer.</summary>
    /// <exception cref="EndpointException">It failed.</exception>
    public async Task<WireAnswer> AskAsync(EndpointCall call, CancellationToken cancellationToken)
    {
        double estimate = await WaitForTurnAsync(call, cancellationToken).ConfigureAwait(false);
        using PooledBytes body = await ExchangeAsync(Question(call), cancellationToken).ConfigureAwait(false);
        WireAnswer answer = WireAnswer.Whole(body.Span, _errors);
        Count(answer.Usage, estimate);
        return answer;
    }

    /// <summary>One try of the list of models.</summary>
    /// <exception cref="EndpointException">It failed.</exception>
    public async Task<IReadOnlyList<WireModel>> ModelsAsync(CancellationToken cancellationToken)
    {
        UriBuilder list = new(_url) { Path = _url.AbsolutePath[..^CompletionsPath.Length] + "/models" };
        using PooledBytes body = await ExchangeAsync(new(HttpMethod.Get, list.Uri), cancellationToken).ConfigureAwait(false);
        return WireModels.Read(body.Span, _errors);
    }

    /// <summary>
    /// One try of a streamed answer: its pieces as they come; a server that answers whole though asked to stream gives one.
    /// </summary>
    /// <exception cref="EndpointException">It failed.</exception>
    public async IAsyncEnumerable<WireAnswer> StreamAsync(EndpointCall call, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        double estimate = await WaitForTurnAsync(call, cancellationToken).ConfigureAwait(false);
        using CancellationTokenSource limit = new(_options.RequestTimeout, _time);
        using CancellationTokenSource idle = new(Timeout.InfiniteTimeSpan, _time);
        using CancellationTokenSource any = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, idle.Token, cancellationToken);
        WireUsage? usage = null;
        bool ended = false;
        IAsyncEnumerator<WireAnswer> pieces = PiecesAsync(call, any.Token).GetAsyncEnumerator(any.Token);
        await using (pieces.ConfigureAwait(false))
        {
            while (await NextAsync().ConfigureAwait(false))
            {
                usage = pieces.Current.Usage ?? usage;
                ended |= pieces.Current.Choices?.Any(choice => choice.FinishReason is { Length: > 0 }) == true;
                yield return pieces.Current;
            }
        }

        Count(usage, estimate);
        if (!ended)
        {
            throw _errors.Incomplete();
        }

        async ValueTask<bool> NextAsync()
        {
            idle.CancelAfter(_options.StreamIdleTimeout);
            try
            {
                return await pieces.MoveNextAsync().ConfigureAwait(false);
            }
            catch (OperationCanceledException error)
                when (idle.IsCancellationRequested && !limit.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
            {
                throw _errors.TimedOut(_options.StreamIdleTimeout, "the stream paused and did not go on", error);
            }
            catch (Exception error) when (Meaning(error, "the answer did not end", cancellationToken) is { } failure)
            {
                throw failure;
            }
            finally
            {
                idle.CancelAfter(Timeout.InfiniteTimeSpan); // a slow reader is not a pausing server
            }
        }
    }

    /// <summary>The failure that an exception of the transport means; null for what is the caller's own or a failure already.</summary>
    private EndpointException? Meaning(Exception error, string timedOut, CancellationToken cancellationToken) =>
        error switch
        {
            OperationCanceledException when cancellationToken.IsCancellationRequested => null,
            OperationCanceledException { InnerException: TimeoutException } => _errors.TimedOut(
                _options.ConnectTimeout,
                "no connection",
                error
            ),
            OperationCanceledException => _errors.TimedOut(_options.RequestTimeout, timedOut, error),
            HttpRequestException or IOException => _errors.Connection(error),
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
        if (_tokens is not null && usage is { PromptTokens: { } read, CompletionTokens: { } written })
        {
            _tokens.Take(read + written - estimate);
            double mean = Volatile.Read(ref _meanOutput);
            Volatile.Write(ref _meanOutput, mean == 0 ? written : mean + (Weight * (written - mean)));
        }
    }

    private async IAsyncEnumerable<WireAnswer> PiecesAsync(EndpointCall call, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        using HttpResponseMessage response = await SendAsync(Question(call), cancellationToken).ConfigureAwait(false);
        if (response.Content.Headers.ContentType?.MediaType != StreamMediaType)
        {
            using PooledBytes whole = await ReadBodyAsync(response, cancellationToken).ConfigureAwait(false);
            yield return WireAnswer.Whole(whole.Span, _errors);
            yield break;
        }

        Stream body = await response.Content.ReadAsStreamAsync(cancellationToken).ConfigureAwait(false);
        BoundedStream bounded = new(body, _options.MaxAnswerBytes, _errors.TooLong);
        await using (bounded.ConfigureAwait(false))
        {
            SseParser<WireAnswer?> parser = SseParser.Create(
                bounded,
                (_, data) => data.SequenceEqual("[DONE]"u8) ? null : WireAnswer.Piece(data, _errors)
            );
            await foreach (SseItem<WireAnswer?> item in parser.EnumerateAsync(cancellationToken).ConfigureAwait(false))
            {
                if (item.Data is null)
                {
                    yield break;
                }

                yield return item.Data;
            }
        }
    }

    private async Task<HttpResponseMessage> SendAsync(HttpRequestMessage message, CancellationToken cancellationToken)
    {
        using HttpRequestMessage sent = message;
        message.Headers.Authorization = _key?.Header();
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

    /// <summary>The body of the answer, whole, within the limits of time and length.</summary>
    private async Task<PooledBytes> ExchangeAsync(HttpRequestMessage message, CancellationToken cancellationToken)
    {
        using CancellationTokenSource limit = new(_options.RequestTimeout, _time);
        using CancellationTokenRegistration cancelled = cancellationToken.UnsafeRegister(
            static state => (state as CancellationTokenSource)?.Cancel(),
            limit
        );
        try
        {
            using HttpResponseMessage response = await SendAsync(message, limit.Token).ConfigureAwait(false);
            return await ReadBodyAsync(response, limit.Token).ConfigureAwait(false);
        }
        catch (Exception error) when (Meaning(error, "no answer", cancellationToken) is { } failure)
        {
            throw failure;
        }
    }

    private async Task<PooledBytes> ReadBodyAsync(HttpResponseMessage response, CancellationToken cancellationToken)
    {
        PooledBytes body = await PooledBytes.ReadAsync(response.Content, _options.MaxAnswerBytes, cancellationToken).ConfigureAwait(false);
        if (body.IsCut)
        {
            body.Dispose();
            throw _errors.TooLong(_options.MaxAnswerBytes);
        }

        return body;
    }
}
