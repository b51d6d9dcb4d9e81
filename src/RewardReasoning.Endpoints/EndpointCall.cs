using Microsoft.Extensions.AI;

namespace RewardReasoning.Endpoints;

/// <summary>One request on its way through its tries.</summary>
internal sealed class EndpointCall
{
    /// <summary>Fewer tokens than this are not asked for: nothing readable fits into them.</summary>
    private const int FewestTokens = 16;

    /// <summary>Texts have two to five bytes a token: the first is on the safe side, the second what is usual.</summary>
    private const int FewestBytesPerToken = 2;
    private const int UsualBytesPerToken = 4;

    private readonly RequestBody _bodies;
    private readonly IReadOnlyList<ChatMessage> _messages;
    private readonly ChatOptions? _options;
    private readonly EndpointRetry _retry;
    private int? _maxTokens;
    private bool _estimated;

    public EndpointCall(RequestBody bodies, IEnumerable<ChatMessage> messages, ChatOptions? options, EndpointRetry retry)
    {
        ArgumentNullException.ThrowIfNull(messages);
        _bodies = bodies;
        _messages = messages as IReadOnlyList<ChatMessage> ?? [.. messages];
        _options = options;
        _retry = retry;
        _maxTokens = options?.MaxOutputTokens;
        Body = Write();
        if (bodies.ContextTokens - (Body.Length / UsualBytesPerToken) is { } left && left < _maxTokens && left >= FewestTokens)
        {
            _maxTokens = left;
            Body = Write();
        }
    }

    /// <summary>The beginning of the answer, as it was sent; null for none.</summary>
    public string? Prefill =>
        RequestBody.Property<string>(_options, ChatOptionKeys.Prefill) is { } prefill ? RequestBody.WithTemplateNewline(prefill) : null;

    /// <summary>The cap on the thought that the server keeps; null for none.</summary>
    public ThoughtCap? Cap => _bodies.CapOf(_options);

    public ReadOnlyMemory<byte> Body { get; private set; }

    /// <summary>The servers that failed this request since it last waited; null for none.</summary>
    public HashSet<EndpointServer>? Avoid { get; private set; }

    /// <summary>
    /// Gets ready for the next try: as the server wants to be asked, with fewer tokens, at another server, or after a wait.
    /// </summary>
    /// <exception cref="EndpointException">There is no next one.</exception>
    public async Task PrepareNextAsync(
        EndpointException failure,
        EndpointServer server,
        EndpointPool pool,
        CancellationToken cancellationToken
    )
    {
        if (_bodies.Learn(failure) is { } learnt)
        {
            _retry.Notice(learnt);
            Body = Write();
            return;
        }

        if (failure.TokenRefusal is { } refusal && await ShortenAsync(refusal, server, cancellationToken).ConfigureAwait(false))
        {
            return;
        }

        (Avoid ??= []).Add(server);
        bool elsewhere = failure.IsTransient && pool.HasOther(Avoid);
        await _retry.WaitAsync(failure, elsewhere, cancellationToken).ConfigureAwait(false);
        Avoid = elsewhere ? Avoid : null;
    }

    private ReadOnlyMemory<byte> Write() => _bodies.Write(_messages, _options, _maxTokens);

    /// <summary>
    /// Whether the request was refused for asking more tokens than the context leaves, and asks for fewer now. Where the server names the
    /// prompt's length, the rest of the context is asked for. vLLM names a lower bound only, others nothing: then the prompt is estimated,
    /// and if that is refused too, half is asked for, and so on.
    /// </summary>
    private async Task<bool> ShortenAsync(TokenRefusal refusal, EndpointServer server, CancellationToken cancellationToken)
    {
        if (refusal.PromptIsTooLong || _maxTokens is not { } asked || asked <= FewestTokens)
        {
            return false;
        }

        int? context =
            refusal.ContextTokens
            ?? _bodies.ContextTokens
            ?? (await server.ContextAsync(_bodies.ModelOf(_options), _bodies.Flavour, cancellationToken).ConfigureAwait(false)).Tokens;
        _bodies.ContextTokens = context;
        int estimated = (context ?? 0) - (Body.Length / FewestBytesPerToken);
        int left = refusal switch
        {
            { MostOutputTokens: { } most } when most < asked => most,
            { PromptTokens: { } prompt, PromptIsLowerBound: false } when context - prompt is { } exact => exact,
            _ when !_estimated && estimated > FewestTokens && estimated < asked => estimated,
            _ => asked / 2,
        };
        if (left >= asked || left < 1)
        {
            return false;
        }

        _estimated = true;
        _maxTokens = left;
        Body = Write();
        return true;
    }
}
