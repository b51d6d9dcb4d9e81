using System.Net;
using Microsoft.Extensions.AI;

namespace RewardReasoning.Endpoints;

/// <summary>One request on its way through its tries.</summary>
internal sealed class EndpointCall
{
    private readonly RequestBody _bodies;
    private readonly IReadOnlyList<ChatMessage> _messages;
    private readonly ChatOptions? _options;
    private readonly EndpointRetry _retry;
    private int? _maxTokens;

    public EndpointCall(RequestBody bodies, IEnumerable<ChatMessage> messages, ChatOptions? options, bool stream, EndpointRetry retry)
    {
        ArgumentNullException.ThrowIfNull(messages);
        _bodies = bodies;
        _messages = messages as IReadOnlyList<ChatMessage> ?? [.. messages];
        _options = options;
        _retry = retry;
        _maxTokens = options?.MaxOutputTokens;
        Streams = stream;
        Body = bodies.Write(_messages, options, _maxTokens, stream);
    }

    public bool Streams { get; }

    public bool HasPrefill => RequestBody.Property<string>(_options, ChatOptionKeys.Prefill) is not null;

    public ReadOnlyMemory<byte> Body { get; private set; }

    /// <summary>The servers that failed this request since it last waited; null for none.</summary>
    public HashSet<EndpointServer>? Avoid { get; private set; }

    /// <summary>Gets ready for the next try: with fewer tokens, at another server, or after a wait.</summary>
    /// <exception cref="EndpointException">There is no next one.</exception>
    public async Task PrepareNextAsync(
        EndpointException failure,
        EndpointServer server,
        EndpointPool pool,
        CancellationToken cancellationToken
    )
    {
        if (Shortened(failure))
        {
            return;
        }

        (Avoid ??= []).Add(server);
        bool elsewhere = failure.IsTransient && pool.HasOther(Avoid);
        await _retry.WaitAsync(failure, elsewhere, cancellationToken).ConfigureAwait(false);
        Avoid = elsewhere ? Avoid : null;
    }

    /// <summary>
    /// Whether the request was refused for asking more tokens than the context leaves, and asks for what it leaves now. A prompt that does
    /// not
    /// fit at all has both lengths in its exception's data.
    /// </summary>
    private bool Shortened(EndpointException failure)
    {
        if (
            failure.Status != HttpStatusCode.BadRequest
            || failure.Data[ChatResponseKeys.PromptTokens] is not int prompt
            || failure.Data[ChatResponseKeys.ContextTokens] is not int context
            || prompt >= context
            || !(_maxTokens > context - prompt)
        )
        {
            return false;
        }

        _maxTokens = context - prompt;
        Body = _bodies.Write(_messages, _options, _maxTokens, Streams);
        return true;
    }
}
