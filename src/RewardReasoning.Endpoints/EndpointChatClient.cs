using System.Collections.Frozen;
using System.Net;
using System.Runtime.CompilerServices;
using Microsoft.Extensions.AI;

namespace RewardReasoning.Endpoints;

/// <summary>
/// A chat client for one model on one or several servers with the OpenAI-compatible <c>/v1/chat/completions</c>. Thoughts are read from
/// <c>reasoning</c> (vLLM, Ollama), from <c>reasoning_content</c> (SGLang, llama.cpp, hosted) or from think tags in the content. Connection
/// errors, 408, 429, 5xx and answers that are no JSON are tried again, at another server where there is one; other refusals are not. Safe
/// to
/// use from many threads at once.
/// </summary>
public sealed class EndpointChatClient : IChatClient
{
    private readonly EndpointOptions _options;
    private readonly TimeProvider _time;
    private readonly Random _random;
    private readonly HttpClient _http;
    private readonly EndpointPool _pool;
    private readonly RequestBody _bodies;
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
        ApiKey? key = ApiKey.Of(options);
        _pool = new([.. options.Urls.Select(url => new EndpointServer(url, options, key, _http, _time))], options, _time, _random);
        _bodies = new(options);
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
        EndpointCall call = CallFor(messages, options, stream: false);
        while (true)
        {
            EndpointPlace place = await _pool.EnterAsync(call.Avoid, cancellationToken).ConfigureAwait(false);
            EndpointException? failure = null;
            bool answered = false;
            try
            {
                WireAnswer answer = await place.Server.AskAsync(call, cancellationToken).ConfigureAwait(false);
                answered = true;
                return Assembled(answer, call);
            }
            catch (EndpointException error)
            {
                failure = error;
            }
            finally
            {
                _pool.Leave(place, answered, failure);
            }

            await call.PrepareNextAsync(failure, place.Server, _pool, cancellationToken).ConfigureAwait(false);
        }
    }

    /// <inheritdoc/>
    /// <remarks>A failure is tried again only as long as nothing was streamed.</remarks>
    public async IAsyncEnumerable<ChatResponseUpdate> GetStreamingResponseAsync(
        IEnumerable<ChatMessage> messages,
        ChatOptions? options = null,
        [EnumeratorCancellation] CancellationToken cancellationToken = default
    )
    {
        EndpointCall call = CallFor(messages, options, stream: true);
        while (true)
        {
            EndpointPlace place = await _pool.EnterAsync(call.Avoid, cancellationToken).ConfigureAwait(false);
            EndpointException? failure = null;
            bool answered = false,
                streamed = false;
            IAsyncEnumerator<ChatResponseUpdate> updates = UpdatesAsync(place.Server, call, cancellationToken)
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
                    : null;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _pool.Dispose();
        _http.Dispose();
    }

    /// <summary>Redirections are not followed: they would turn the question into a GET, and take it to who knows whom.</summary>
    internal static HttpClient NewHttpClient(EndpointOptions options) =>
        new(
            new SocketsHttpHandler
            {
                ConnectTimeout = options.ConnectTimeout,
                PooledConnectionLifetime = TimeSpan.FromMinutes(5),
                AutomaticDecompression = DecompressionMethods.All,
                AllowAutoRedirect = false,
                UseCookies = false,
                ActivityHeadersPropagator = null,
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
        }
            .Where(entry => entry.Holds)
            .Select(entry => entry.Key)
            .ToFrozenSet();
    }

    private EndpointCall CallFor(IEnumerable<ChatMessage> messages, ChatOptions? options, bool stream) =>
        new(_bodies, messages, options, stream, new EndpointRetry(_options, _time, _random));

    private AnswerReader ReaderFor(EndpointCall call) => new(_options.PromptOpensThought && !call.HasPrefill, call.HasPrefill);

    private ChatResponse Assembled(WireAnswer answer, EndpointCall call)
    {
        AnswerReader reader = ReaderFor(call);
        List<AIContent> contents = [];
        foreach (WireText text in answer.Choices?.Select(choice => choice.Message ?? choice.Delta).OfType<WireText>() ?? [])
        {
            contents.AddRange(reader.Read(text));
        }

        reader.Note(answer);
        contents.AddRange(reader.Finish());
        return new(new ChatMessage(ChatRole.Assistant, contents))
        {
            ResponseId = answer.Id,
            ModelId = answer.Model,
            FinishReason = reader.FinishReason,
            Usage = reader.Usage,
            AdditionalProperties = reader.Properties(),
        };
    }

    private async IAsyncEnumerable<ChatResponseUpdate> UpdatesAsync(
        EndpointServer server,
        EndpointCall call,
        [EnumeratorCancellation] CancellationToken cancellationToken
    )
    {
        AnswerReader reader = ReaderFor(call);
        string? id = null,
            model = null;
        await foreach (WireAnswer piece in server.StreamAsync(call, cancellationToken).ConfigureAwait(false))
        {
            reader.Note(piece);
            id = piece.Id ?? id;
            model = piece.Model ?? model;
            foreach (WireText text in piece.Choices?.Select(choice => choice.Delta ?? choice.Message).OfType<WireText>() ?? [])
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
}
