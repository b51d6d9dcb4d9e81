using System.Collections.Frozen;
using System.Net;
using System.Runtime.CompilerServices;
using System.Text;
using Microsoft.Extensions.AI;
using RewardReasoning.Judging;

namespace RewardReasoning.Endpoints;

/// <summary>
/// A chat client for one model on one or several servers with the OpenAI-compatible <c>/v1/chat/completions</c>. Thoughts are read from
/// <c>reasoning</c> (vLLM, Ollama), from <c>reasoning_content</c> (SGLang, llama.cpp, hosted) or from think tags in the content. Connection
/// errors, 408, 429, 5xx, broken-off answers and what is not a chat completion are tried again, at another server if there is one; other
/// refusals are not. Answers are streamed inside, so that a silent server is noticed: a try that is silent for far longer than others get a
/// second one beside it. Safe to use from many threads at once.
/// </summary>
public sealed class EndpointChatClient : IChatClient
{
    private readonly EndpointOptions _options;
    private readonly TimeProvider _time;
    private readonly Random _random;
    private readonly HttpClient _http;
    private readonly EndpointPool _pool;
    private readonly SilenceStatistics _silences;
    private readonly RequestBody _bodies;
    private readonly ContextLength _context;
    private readonly ChatClientMetadata _metadata;
    private readonly FrozenSet<string> _supported;

    /// <summary>A client for one model.</summary>
    /// <param name="options">Where and how to ask.</param>
    /// <param name="time">Clock for time-outs and waits; the system's if null.</param>
    /// <param name="random">Chance for the jitter of waits; if null, one that differs between processes.</param>
    /// <exception cref="ArgumentException">The options have faults; the message lists all of them.</exception>
    public EndpointChatClient(EndpointOptions options, TimeProvider? time = null, Random? random = null)
    {
        ArgumentNullException.ThrowIfNull(options);
        options.Validate();
        _options = options;
        _time = time ?? TimeProvider.System;
        _random = random ?? new Random(Environment.ProcessId);
        _http = NewHttpClient(options);
        EndpointKey? key = EndpointKey.Of(options);
        EndpointServer[] servers = [.. options.Urls.Select(url => new EndpointServer(url, options, key, _http, _time))];
        _pool = new(servers, options, _time, _random);
        _bodies = new(options);
        _context = new(servers, options, _bodies, _time);
        _silences = new(options.HedgeFloor);
        _metadata = new("openai-compatible", EndpointServer.CompletionsUrl(options.Url), options.Model);
        _supported = Supported(options);
    }

    /// <inheritdoc/>
    public async Task<ChatResponse> GetResponseAsync(
        IEnumerable<ChatMessage> messages,
        ChatOptions? options = null,
        CancellationToken cancellationToken = default
    )
    {
        await _context.ReadyAsync(options?.MaxOutputTokens, cancellationToken).ConfigureAwait(false);
        return await new HedgedCall(CallFor(messages, options), _pool, _silences, _time, AskAsync)
            .RunAsync(cancellationToken)
            .ConfigureAwait(false);
    }

    /// <inheritdoc/>
    /// <remarks>A failure is tried again only as long as nothing was streamed.</remarks>
    public async IAsyncEnumerable<ChatResponseUpdate> GetStreamingResponseAsync(
        IEnumerable<ChatMessage> messages,
        ChatOptions? options = null,
        [EnumeratorCancellation] CancellationToken cancellationToken = default
    )
    {
        await _context.ReadyAsync(options?.MaxOutputTokens, cancellationToken).ConfigureAwait(false);
        EndpointCall call = CallFor(messages, options);
        while (true)
        {
            EndpointPlace place = await _pool.EnterAsync(call.Avoid, cancellationToken).ConfigureAwait(false);
            EndpointException? failure = null;
            bool answered = false,
                streamed = false;
            using TryWatch watch = new(_time, cancellationToken);
            IAsyncEnumerator<ChatResponseUpdate> updates = UpdatesAsync(place.Server, call, watch, cancellationToken)
                .GetAsyncEnumerator(cancellationToken);
            try
            {
                while (failure is null)
                {
                    try
                    {
                        answered = !await updates.MoveNextAsync().ConfigureAwait(false);
                    }
                    catch (EndpointException error)
                    {
                        failure = error;
                        if (streamed)
                        {
                            throw;
                        }

                        continue;
                    }

                    if (answered)
                    {
                        yield break;
                    }

                    streamed = true;
                    yield return updates.Current;
                }
            }
            finally
            {
                await updates.DisposeAsync().ConfigureAwait(false);
                _pool.Leave(place, answered, failure);
            }

            await call.PrepareNextAsync(failure, place.Server, _pool, cancellationToken).ConfigureAwait(false);
        }
    }

    /// <inheritdoc/>
    public object? GetService(Type serviceType, object? serviceKey = null)
    {
        ArgumentNullException.ThrowIfNull(serviceType);
        return serviceKey is null
            ? serviceType == typeof(ChatClientMetadata)
                ? _metadata
                : serviceType.IsInstanceOfType(this)
                    ? this
                    : null
            : serviceKey is ChatOptionKeys.Supported && serviceType == typeof(IReadOnlySet<string>)
                ? _supported
                : serviceKey is ChatOptionKeys.ModelIdentity && serviceType == typeof(string)
                    ? EndpointIdentity.Of(_options, _supported.Contains(ChatOptionKeys.MinP))
                    : serviceKey is ChatOptionKeys.Concurrency && serviceType == typeof(int)
                        ? (_options.Concurrency ?? JudgeOptions.DefaultConcurrency) * (1 + _options.MoreUrls.Count)
                        : null;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _pool.Dispose();
        _context.Dispose();
        if (_http != _options.HttpClient)
        {
            _http.Dispose();
        }
    }

    /// <summary>
    /// The client that requests are sent with. Redirections are not followed: they would turn the question into a GET, and take it to who
    /// knows whom. Addresses of this machine are reached past a proxy that the environment names.
    /// </summary>
    internal static HttpClient NewHttpClient(EndpointOptions options) =>
        options.HttpClient
        ?? new(
            new SocketsHttpHandler
            {
                ConnectTimeout = options.ConnectTimeout,
                PooledConnectionLifetime = TimeSpan.FromMinutes(5),
                AutomaticDecompression = DecompressionMethods.All,
                AllowAutoRedirect = false,
                UseCookies = false,
                ActivityHeadersPropagator = null,
                Proxy = options.Urls.Any(url => url.IsLoopback) ? new LoopbackPastProxy(HttpClient.DefaultProxy) : null,
            }
        )
        {
            Timeout = Timeout.InfiniteTimeSpan,
        };

    private static FrozenSet<string> Supported(EndpointOptions options)
    {
        ServerQuirks quirks = ServerQuirks.Of(options.Flavour);
        return new (string Key, bool Holds)[]
        {
            (ChatOptionKeys.Prefill, quirks.Prefill != PrefillStyle.None),
            (ChatOptionKeys.MinP, quirks.MinP),
            (ChatOptionKeys.LogProbs, options.LogProbs),
            (ChatOptionKeys.AllowedNextTokens, quirks.Choice != ChoiceStyle.None),
            (ChatOptionKeys.ThinkingBudget, options.CapsThinking && quirks.ThinkingCap is not null),
        }
            .Where(entry => entry.Holds)
            .Select(entry => entry.Key)
            .ToFrozenSet();
    }

    private EndpointCall CallFor(IEnumerable<ChatMessage> messages, ChatOptions? options) =>
        new(_bodies, messages, options, new EndpointRetry(_options, _time, _random));

    private async Task<ChatResponse> AskAsync(EndpointServer server, EndpointCall call, TryWatch watch, CancellationToken cancellationToken)
    {
        AnswerReader reader = new(_options.PromptOpensThought, call.Prefill, call.Cap);
        List<AIContent> contents = [];
        string? id = null,
            model = null;
        await foreach (WireAnswer piece in server.AnswerAsync(call, watch, cancellationToken).ConfigureAwait(false))
        {
            reader.Note(piece);
            id = piece.Id ?? id;
            model = piece.Model ?? model;
            contents.AddRange(TextsOf(piece).SelectMany(reader.Read));
        }

        contents.AddRange(reader.Finish());
        return new(new ChatMessage(ChatRole.Assistant, Joined(contents)))
        {
            ResponseId = id,
            ModelId = model,
            FinishReason = reader.FinishReason,
            Usage = reader.Usage,
            AdditionalProperties = reader.Properties(),
        };
    }

    private async IAsyncEnumerable<ChatResponseUpdate> UpdatesAsync(
        EndpointServer server,
        EndpointCall call,
        TryWatch watch,
        [EnumeratorCancellation] CancellationToken cancellationToken
    )
    {
        AnswerReader reader = new(_options.PromptOpensThought, call.Prefill, call.Cap);
        string? id = null,
            model = null;
        await foreach (WireAnswer piece in server.AnswerAsync(call, watch, cancellationToken).ConfigureAwait(false))
        {
            reader.Note(piece);
            id = piece.Id ?? id;
            model = piece.Model ?? model;
            foreach (WireText text in TextsOf(piece))
            {
                if (reader.Read(text).ToList() is { Count: > 0 } contents)
                {
                    yield return new(ChatRole.Assistant, contents) { ResponseId = id, ModelId = model };
                }
            }
        }

        List<AIContent> last = [.. reader.Finish()];
        if (reader.Usage is { } usage)
        {
            last.Add(new UsageContent(usage));
        }

        yield return new(ChatRole.Assistant, last)
        {
            ResponseId = id,
            ModelId = model,
            FinishReason = reader.FinishReason,
            AdditionalProperties = reader.Properties(),
        };
    }

    private static IEnumerable<WireText> TextsOf(WireAnswer piece) =>
        piece.Choices?.Where(choice => choice.Index == 0).Select(choice => choice.Text).OfType<WireText>() ?? [];

    /// <summary>The pieces of a stream as one content for each stretch of thought or text.</summary>
    private static List<AIContent> Joined(List<AIContent> pieces)
    {
        List<AIContent> joined = [];
        StringBuilder text = new();
        for (int at = 0; at < pieces.Count; at++)
        {
            text.Append(pieces[at] is TextReasoningContent thought ? thought.Text : (pieces[at] as TextContent)?.Text);
            if (at + 1 == pieces.Count || pieces[at + 1].GetType() != pieces[at].GetType())
            {
                joined.Add(
                    pieces[at] is TextReasoningContent ? new TextReasoningContent(text.ToString()) : new TextContent(text.ToString())
                );
                text.Clear();
            }
        }

        return joined;
    }

    /// <summary>The environment's proxy for all addresses but those of this machine.</summary>
    private sealed class LoopbackPastProxy(IWebProxy proxy) : IWebProxy
    {
        public ICredentials? Credentials
        {
            get => proxy.Credentials;
            set => proxy.Credentials = value;
        }

        public Uri? GetProxy(Uri destination) => destination.IsLoopback ? null : proxy.GetProxy(destination);

        public bool IsBypassed(Uri host) => host.IsLoopback || proxy.IsBypassed(host);
    }
}
