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
    private readonly EndpointKey? _key = EndpointKey.Of(options);

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

    /// <summary>The answer to a request, as the client would send it.</summary>
    /// <returns>The answer whole, and in how many pieces with text it came.</returns>
    /// <exception cref="EndpointException">The server gave no answer, or refused.</exception>
    public async Task<(WireAnswer Answer, int Pieces)> AskAsync(
        ProbeForm form,
        IReadOnlyList<ChatMessage> messages,
        ChatOptions chat,
        CancellationToken cancellationToken
    )
    {
        EndpointOptions own = options with
        {
            Flavour = form.Row.Flavour,
            LogProbs = true,
            CapsThinking = form.Row.ThinkingCap is not null,
            ExtraFields = form.Fields,
        };
        EndpointCall call = new(new RequestBody(own), messages, chat, new EndpointRetry(own, time, random));
        IReadOnlyList<WireAnswer> pieces = await RepeatAsync(own, PiecesAsync, cancellationToken).ConfigureAwait(false);
        WireAnswer answer = WireAnswer.Merged(pieces);
        if ((answer.Usage?.Cached ?? answer.Timings?.CacheN) is { } cached)
        {
            CachedTokens = Math.Max(cached, CachedTokens ?? 0);
        }

        return (answer, pieces.SelectMany(piece => piece.Choices ?? []).Count(choice => choice.Text is { } text && text.HasText));

        async Task<IReadOnlyList<WireAnswer>> PiecesAsync(EndpointServer server)
        {
            using TryWatch watch = new(time, cancellationToken);
            List<WireAnswer> all = [];
            await foreach (WireAnswer piece in server.AnswerAsync(call, watch, cancellationToken).ConfigureAwait(false))
            {
                all.Add(piece);
            }

            return all;
        }
    }

    /// <summary>The tokens of messages as the server's <c>/tokenize</c> gives them (vLLM); null where it has no such thing.</summary>
    /// <exception cref="EndpointException">The server gave no answer.</exception>
    public async Task<IReadOnlyList<int>?> TokenizeAsync(
        ProbeForm form,
        string model,
        IReadOnlyList<ChatMessage> messages,
        CancellationToken cancellationToken
    )
    {
        EndpointOptions own = options with { Flavour = form.Row.Flavour };
        try
        {
            return await RepeatAsync(own, server => server.TokenizeAsync(model, messages, cancellationToken), cancellationToken)
                .ConfigureAwait(false);
        }
        catch (EndpointException failure) when (failure.Failure is EndpointFailure.Refused or EndpointFailure.NoCompletion)
        {
            return null;
        }
    }

    public void Dispose()
    {
        if (_http != options.HttpClient)
        {
            _http.Dispose();
        }
    }

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
}
