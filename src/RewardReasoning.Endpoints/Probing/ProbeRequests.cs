using System.Net;
using System.Text.Json.Nodes;
using Microsoft.Extensions.AI;

namespace RewardReasoning.Endpoints.Probing;

/// <summary>How a server is asked: by which row, and with which fields besides.</summary>
internal sealed record ProbeForm(ServerQuirks Row, JsonObject? Fields = null)
{
    public ProbeForm With(string field, JsonNode value)
    {
        JsonObject fields = Fields?.DeepClone() as JsonObject ?? [];
        fields[field] = value;
        return this with { Fields = fields };
    }
}

/// <summary>The requests of a probe: each as the client sends it, each tried again where that may help.</summary>
internal sealed class ProbeRequests(EndpointOptions options, TimeProvider time, Random random) : IDisposable
{
    private readonly HttpClient _http = EndpointChatClient.NewHttpClient(options);
    private readonly ApiKey? _key = ApiKey.Of(options);

    /// <summary>Whether any answer so far said how much came from the cache, and the most of it.</summary>
    public long? CachedTokens { get; private set; }

    /// <summary>The models that the server names; none where it has no list.</summary>
    /// <exception cref="EndpointException">The server gave no answer, or refused.</exception>
    public async Task<IReadOnlyList<WireModel>> ModelsAsync(CancellationToken cancellationToken)
    {
        try
        {
            return await RepeatAsync(options, server => server.ModelsAsync(cancellationToken), cancellationToken).ConfigureAwait(false);
        }
        catch (EndpointException failure)
            when (failure.Status is HttpStatusCode.NotFound or HttpStatusCode.MethodNotAllowed or HttpStatusCode.NotImplemented)
        {
            return [];
        }
    }

    /// <exception cref="EndpointException">The server gave no answer, or refused.</exception>
    public async Task<WireAnswer> AskAsync(
        ProbeForm form,
        IReadOnlyList<ChatMessage> messages,
        ChatOptions chat,
        CancellationToken cancellationToken
    )
    {
        EndpointOptions own = OptionsOf(form);
        EndpointCall call = CallFor(own, messages, chat, stream: false);
        WireAnswer answer = await RepeatAsync(own, server => server.AskAsync(call, cancellationToken), cancellationToken)
            .ConfigureAwait(false);
        if ((answer.Usage?.PromptTokensDetails?.CachedTokens ?? answer.Timings?.CacheN) is { } cached)
        {
            CachedTokens = Math.Max(cached, CachedTokens ?? 0);
        }

        return answer;
    }

    /// <returns>The number of pieces with text, and whether one held the usage.</returns>
    /// <exception cref="EndpointException">The server gave no answer, or refused.</exception>
    public Task<(int Pieces, bool HasUsage)> StreamAsync(
        ProbeForm form,
        IReadOnlyList<ChatMessage> messages,
        ChatOptions chat,
        CancellationToken cancellationToken
    )
    {
        EndpointOptions own = OptionsOf(form);
        EndpointCall call = CallFor(own, messages, chat, stream: true);
        return RepeatAsync(own, CountAsync, cancellationToken);

        async Task<(int Pieces, bool HasUsage)> CountAsync(EndpointServer server)
        {
            int pieces = 0;
            bool hasUsage = false;
            await foreach (WireAnswer piece in server.StreamAsync(call, cancellationToken).ConfigureAwait(false))
            {
                hasUsage |= piece.Usage is not null;
                pieces +=
                    piece.Choices?.Count(choice =>
                        (choice.Delta ?? choice.Message) is { } text && (text.Thought.Length > 0 || text.Content is { Length: > 0 })
                    ) ?? 0;
            }

            return (pieces, hasUsage);
        }
    }

    public void Dispose() => _http.Dispose();

    private async Task<T> RepeatAsync<T>(EndpointOptions own, Func<EndpointServer, Task<T>> ask, CancellationToken cancellationToken)
    {
        EndpointServer server = new(own.Url, own, _key, _http, time);
        EndpointRetry retry = new(own, time, random);
        while (true)
        {
            try
            {
                return await ask(server).ConfigureAwait(false);
            }
            catch (EndpointException failure)
            {
                await retry.WaitAsync(failure, elsewhere: false, cancellationToken).ConfigureAwait(false);
            }
        }
    }

    private EndpointOptions OptionsOf(ProbeForm form) =>
        options with
        {
            Flavour = form.Row.Flavour,
            LogProbs = true,
            ExtraFields = form.Fields,
        };

    private EndpointCall CallFor(EndpointOptions own, IReadOnlyList<ChatMessage> messages, ChatOptions chat, bool stream) =>
        new(new RequestBody(own), messages, chat, stream, new EndpointRetry(own, time, random));
}
