using System.Collections.Frozen;
using System.Net.Http.Headers;
using System.Net.ServerSentEvents;
using System.Runtime.CompilerServices;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.Extensions.AI;
using RewardReasoning.Judging;

namespace RewardReasoning.Endpoints;

/// <summary>
/// A chat client for any server with the OpenAI-compatible <c>/v1/chat/completions</c>. Thoughts are read from <c>reasoning</c> (vLLM,
/// Ollama), from <c>reasoning_content</c> (SGLang, llama.cpp, hosted) or from think tags in the content. Connection errors, 408, 429,
/// 5xx and answers that are no JSON are tried again; other refusals are not. Safe to use from many threads at once.
/// </summary>
public sealed class EndpointChatClient : IChatClient
{
    private static readonly WireJson Json = new(new JsonSerializerOptions(WireJson.Default.Options) { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping });

    private readonly EndpointOptions _options;
    private readonly TimeProvider _time;
    private readonly Random _random;
    private readonly HttpClient _http;
    private readonly Uri _url;
    private readonly EndpointErrors _errors;
    private readonly string? _apiKey;
    private readonly ChatClientMetadata _metadata;
    private readonly FrozenSet<string> _supported;

    /// <summary>A client for one model on one server.</summary>
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
        _apiKey = options.ApiKeyVariable is null ? null : Environment.GetEnvironmentVariable(options.ApiKeyVariable);
        _url = CompletionsUrl(options.Url);
        _errors = new(_url, _apiKey, options.ApiKeyVariable, _time);
        _metadata = new("openai-compatible", _url, options.Model);
        _supported = Supported(options);
        _http = new(new SocketsHttpHandler
        {
            ConnectTimeout = options.ConnectTimeout,
            PooledConnectionLifetime = TimeSpan.FromMinutes(5),
            AutomaticDecompression = System.Net.DecompressionMethods.All,
        })
        { Timeout = Timeout.InfiniteTimeSpan };
    }

    /// <inheritdoc/>
    public async Task<ChatResponse> GetResponseAsync(
        IEnumerable<ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default)
    {
        WireRequest request = RequestFor(messages, options, stream: false);
        EndpointRetry retry = new(_options, _time, _random);
        while (true)
        {
            EndpointException failure;
            try
            {
                return await AskOnceAsync(request, HasPrefill(options), cancellationToken).ConfigureAwait(false);
            }
            catch (EndpointException error)
            {
                failure = error;
            }

            if (Shortened(request, failure) is { } shorter)
            {
                request = shorter;
                continue;
            }

            await retry.WaitAsync(failure, cancellationToken).ConfigureAwait(false);
        }
    }

    /// <inheritdoc/>
    /// <remarks>A failure is tried again only as long as nothing was streamed.</remarks>
    public async IAsyncEnumerable<ChatResponseUpdate> GetStreamingResponseAsync(
        IEnumerable<ChatMessage> messages, ChatOptions? options = null, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        WireRequest request = RequestFor(messages, options, stream: true);
        EndpointRetry retry = new(_options, _time, _random);
        while (true)
        {
            EndpointException? failure = null;
            bool streamed = false;
            IAsyncEnumerator<ChatResponseUpdate> updates =
                StreamOnceAsync(request, HasPrefill(options), cancellationToken).GetAsyncEnumerator(cancellationToken);
            await using (updates.ConfigureAwait(false))
            {
                while (true)
                {
                    try
                    {
                        if (!await updates.MoveNextAsync().ConfigureAwait(false))
                        {
                            yield break;
                        }
                    }
                    catch (EndpointException error) when (!streamed)
                    {
                        failure = error;
                        break;
                    }

                    streamed = true;
                    yield return updates.Current;
                }
            }

            if (Shortened(request, failure) is { } shorter)
            {
                request = shorter;
                continue;
            }

            await retry.WaitAsync(failure, cancellationToken).ConfigureAwait(false);
        }
    }

    /// <inheritdoc/>
    public object? GetService(Type serviceType, object? serviceKey = null)
    {
        ArgumentNullException.ThrowIfNull(serviceType);
        return serviceKey is null
            ? serviceType == typeof(ChatClientMetadata) ? _metadata : serviceType.IsInstanceOfType(this) ? this : null
            : serviceKey is ChatOptionKeys.Supported && serviceType == typeof(IReadOnlySet<string>) ? _supported
            : serviceKey is ChatOptionKeys.ModelIdentity && serviceType == typeof(string) ? EndpointIdentity.Of(_options, _supported.Contains(ChatOptionKeys.MinP))
            : null;
    }

    /// <inheritdoc/>
    public void Dispose() => _http.Dispose();

    private static Uri CompletionsUrl(Uri url)
    {
        const string Suffix = "/chat/completions";
        string path = url.AbsolutePath.TrimEnd('/');
        return new UriBuilder(url) { Path = path.EndsWith(Suffix, StringComparison.Ordinal) ? path : (path.Length == 0 ? "/v1" : path) + Suffix }.Uri;
    }

    private static FrozenSet<string> Supported(EndpointOptions options)
    {
        List<string> keys = [];
        if (options.Flavour is ServerFlavour.Vllm or ServerFlavour.SGLang or ServerFlavour.LlamaCpp)
        {
            keys.Add(ChatOptionKeys.Prefill);
            keys.Add(ChatOptionKeys.MinP);
        }

        if (options.LogProbs)
        {
            keys.Add(ChatOptionKeys.LogProbs);
        }

        return keys.ToFrozenSet();
    }

    private static bool HasPrefill(ChatOptions? options) => Property<string>(options, ChatOptionKeys.Prefill) is not null;

    private static T? Property<T>(ChatOptions? options, string key) =>
        options?.AdditionalProperties?.TryGetValue(key, out object? value) == true && value is T typed ? typed : default;

    private WireRequest RequestFor(IEnumerable<ChatMessage> messages, ChatOptions? options, bool stream)
    {
        ArgumentNullException.ThrowIfNull(messages);
        List<WireMessage> turns = [.. messages.Select(message => new WireMessage(message.Role.Value, WellFormed(message.Text)))];
        if (!string.IsNullOrEmpty(options?.Instructions))
        {
            turns.Insert(0, new("system", WellFormed(options.Instructions)));
        }

        string? prefill = Property<string>(options, ChatOptionKeys.Prefill);
        if (prefill is not null && !_supported.Contains(ChatOptionKeys.Prefill))
        {
            throw new NotSupportedException($"A prefill was asked for, which servers of the flavour {_options.Flavour} do not have. Set the flavour that the server is.");
        }

        if (prefill is not null)
        {
            turns.Add(new("assistant", WithTemplateNewline(prefill)));
        }

        // vLLM, SGLang and llama.cpp fill in their own or the model's defaults for what is left out, so all of it is sent.
        ServerFlavour flavour = _options.Flavour;
        int? topKOff = flavour switch { ServerFlavour.Vllm or ServerFlavour.SGLang => -1, ServerFlavour.LlamaCpp => 0, _ => null };
        bool continues = prefill is not null && flavour is ServerFlavour.Vllm or ServerFlavour.SGLang;
        bool noThought = options?.Reasoning?.Effort == ReasoningEffort.None;
        int? logProbs = _supported.Contains(ChatOptionKeys.LogProbs) ? Property<int?>(options, ChatOptionKeys.LogProbs) : null;
        return new()
        {
            Model = options?.ModelId ?? _options.Model,
            Messages = turns,
            Temperature = options?.Temperature,
            TopP = options?.TopP,
            TopK = options?.TopK ?? topKOff,
            MinP = Property<float?>(options, ChatOptionKeys.MinP) ?? (topKOff is null ? null : 0),
            Seed = options?.Seed,
            MaxTokens = flavour == ServerFlavour.OpenAI ? null : options?.MaxOutputTokens,
            MaxCompletionTokens = flavour == ServerFlavour.OpenAI ? options?.MaxOutputTokens : null,
            Stop = options?.StopSequences,
            Stream = stream ? true : null,
            StreamOptions = stream ? new(IncludeUsage: true) : null,
            Logprobs = logProbs is null ? null : true,
            TopLogprobs = logProbs,
            ContinueFinalMessage = continues ? true : null,
            AddGenerationPrompt = continues ? false : null,
            ReasoningEffort = noThought && flavour == ServerFlavour.Ollama ? "none" : null,
            ChatTemplateKwargs = noThought && topKOff is not null ? new(EnableThinking: false) : null,
        };
    }

    /// <summary>Chat templates that render a thought put a line break after its tag, and a server finds the prefill only if it agrees.</summary>
    private static string WithTemplateNewline(string prefill) =>
        prefill.StartsWith(ThinkingText.OpenTag, StringComparison.Ordinal) && !prefill.AsSpan(ThinkingText.OpenTag.Length).StartsWith("\n")
            ? prefill.Insert(ThinkingText.OpenTag.Length, "\n")
            : prefill;

    /// <summary>Half a surrogate pair has no UTF-8 form; it becomes U+FFFD, as it would in every encoder.</summary>
    private static string WellFormed(string text) =>
        text.AsSpan().IndexOfAnyInRange('\ud800', '\udfff') < 0 ? text : Encoding.UTF8.GetString(Encoding.UTF8.GetBytes(text));

    /// <summary>
    /// The request with as many tokens as the context leaves, where it was refused for asking more; null where that is not what
    /// happened. A prompt that does not fit at all gets both lengths into its exception's data.
    /// </summary>
    private static WireRequest? Shortened(WireRequest request, EndpointException failure)
    {
        if (failure.Status != System.Net.HttpStatusCode.BadRequest
            || failure.Data[ChatResponseKeys.PromptTokens] is not int prompt
            || failure.Data[ChatResponseKeys.ContextTokens] is not int context
            || prompt >= context)
        {
            return null;
        }

        int left = context - prompt;
        return request.MaxTokens > left ? request with { MaxTokens = left }
            : request.MaxCompletionTokens > left ? request with { MaxCompletionTokens = left }
            : null;
    }

    private async Task<ChatResponse> AskOnceAsync(WireRequest request, bool hasPrefill, CancellationToken cancellationToken)
    {
        using CancellationTokenSource limit = new(_options.RequestTimeout, _time);
        using CancellationTokenSource both = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellationToken);
        try
        {
            using HttpResponseMessage response = await SendAsync(request, both.Token).ConfigureAwait(false);
            string body = await response.Content.ReadAsStringAsync(both.Token).ConfigureAwait(false);
            return Assembled(AnswerIn(body), hasPrefill);
        }
        catch (OperationCanceledException error) when (!cancellationToken.IsCancellationRequested)
        {
            throw limit.IsCancellationRequested ? _errors.TimedOut(_options.RequestTimeout, "no answer", error) : NoConnection(error);
        }
        catch (Exception error) when (error is HttpRequestException or IOException)
        {
            throw _errors.Connection(error);
        }
    }

    private ChatResponse Assembled(WireAnswer answer, bool hasPrefill)
    {
        AnswerReader reader = new(_options.PromptOpensThought && !hasPrefill, hasPrefill);
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

    private async IAsyncEnumerable<ChatResponseUpdate> StreamOnceAsync(
        WireRequest request, bool hasPrefill, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        using CancellationTokenSource limit = new(_options.RequestTimeout, _time);
        using CancellationTokenSource both = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellationToken);
        AnswerReader reader = new(_options.PromptOpensThought && !hasPrefill, hasPrefill);
        IAsyncEnumerator<WireAnswer> pieces = PiecesAsync(request, both.Token).GetAsyncEnumerator(both.Token);
        string? id = null, model = null;
        await using (pieces.ConfigureAwait(false))
        {
            while (await NextAsync().ConfigureAwait(false))
            {
                WireAnswer piece = pieces.Current;
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
        }

        if (reader.FinishReason is null)
        {
            throw _errors.Incomplete();
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

        async ValueTask<bool> NextAsync()
        {
            try
            {
                return await pieces.MoveNextAsync().ConfigureAwait(false);
            }
            catch (OperationCanceledException error) when (!cancellationToken.IsCancellationRequested)
            {
                throw limit.IsCancellationRequested ? _errors.TimedOut(_options.RequestTimeout, "the answer did not end", error) : NoConnection(error);
            }
            catch (Exception error) when (error is HttpRequestException or IOException)
            {
                throw _errors.Connection(error);
            }
        }
    }

    /// <summary>The chunks of a streamed answer; a server that answers whole though asked to stream gives one.</summary>
    private async IAsyncEnumerable<WireAnswer> PiecesAsync(WireRequest request, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        using CancellationTokenSource idle = new(Timeout.InfiniteTimeSpan, _time);
        using CancellationTokenSource both = CancellationTokenSource.CreateLinkedTokenSource(idle.Token, cancellationToken);
        using HttpResponseMessage response = await SendAsync(request, both.Token).ConfigureAwait(false);
        if (response.Content.Headers.ContentType?.MediaType != "text/event-stream")
        {
            yield return AnswerIn(await response.Content.ReadAsStringAsync(both.Token).ConfigureAwait(false));
            yield break;
        }

        Stream stream = await response.Content.ReadAsStreamAsync(both.Token).ConfigureAwait(false);
        await using (stream.ConfigureAwait(false))
        {
            IAsyncEnumerator<SseItem<string>> items = SseParser.Create(stream).EnumerateAsync(both.Token).GetAsyncEnumerator(both.Token);
            await using (items.ConfigureAwait(false))
            {
                while (await NextAsync(items).ConfigureAwait(false) && items.Current.Data != "[DONE]")
                {
                    if (items.Current.Data.Length > 0)
                    {
                        yield return AnswerIn(items.Current.Data, chunk: true);
                    }
                }
            }
        }

        async ValueTask<bool> NextAsync(IAsyncEnumerator<SseItem<string>> items)
        {
            idle.CancelAfter(_options.StreamIdleTimeout);
            try
            {
                return await items.MoveNextAsync().ConfigureAwait(false);
            }
            catch (OperationCanceledException error) when (!cancellationToken.IsCancellationRequested)
            {
                throw _errors.TimedOut(_options.StreamIdleTimeout, "the stream paused and did not go on", error);
            }
            finally
            {
                idle.CancelAfter(Timeout.InfiniteTimeSpan); // a slow reader is not a pausing server
            }
        }
    }

    private EndpointException NoConnection(Exception error) => _errors.TimedOut(_options.ConnectTimeout, "no connection", error);

    private async Task<HttpResponseMessage> SendAsync(WireRequest request, CancellationToken cancellationToken)
    {
        using HttpRequestMessage message = new(HttpMethod.Post, _url) { Content = new ByteArrayContent(BodyOf(request)) };
        message.Content.Headers.ContentType = new("application/json");
        if (_apiKey is not null)
        {
            message.Headers.Authorization = new AuthenticationHeaderValue("Bearer", _apiKey);
        }

        HttpResponseMessage response = await _http.SendAsync(message, HttpCompletionOption.ResponseHeadersRead, cancellationToken).ConfigureAwait(false);
        if (response.IsSuccessStatusCode)
        {
            return response;
        }

        using (response)
        {
            string body = await response.Content.ReadAsStringAsync(cancellationToken).ConfigureAwait(false);
            EndpointException error = _errors.Status(response.StatusCode, response.Headers, body);
            if (EndpointErrors.ContextOverflow(body) is { } overflow)
            {
                error.Data[ChatResponseKeys.PromptTokens] = overflow.Prompt;
                error.Data[ChatResponseKeys.ContextTokens] = overflow.Context;
            }

            throw error;
        }
    }

    private byte[] BodyOf(WireRequest request)
    {
        if (_options.ExtraFields is null)
        {
            return JsonSerializer.SerializeToUtf8Bytes(request, Json.WireRequest);
        }

        JsonObject body = JsonSerializer.SerializeToNode(request, Json.WireRequest) as JsonObject ?? [];
        foreach ((string name, JsonNode? value) in _options.ExtraFields)
        {
            body[name] = value?.DeepClone();
        }

        return Encoding.UTF8.GetBytes(body.ToJsonString());
    }

    private WireAnswer AnswerIn(string body, bool chunk = false)
    {
        WireAnswer? answer;
        try
        {
            answer = JsonSerializer.Deserialize(body, Json.WireAnswer);
        }
        catch (JsonException error)
        {
            throw _errors.Unusable(body, error);
        }

        return answer switch
        {
            { Error.ValueKind: JsonValueKind.Object or JsonValueKind.String } => throw _errors.Reported(body),
            { Choices.Count: > 0 } => answer,
            { Choices: not null } or { Usage: not null } when chunk => answer,
            _ => throw _errors.Unusable(body),
        };
    }
}
