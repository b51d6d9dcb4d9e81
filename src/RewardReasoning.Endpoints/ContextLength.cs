namespace RewardReasoning.Endpoints;

/// <summary>
/// Asks the servers for the length of the model's context before the first request that wants many tokens, so that no request asks for more
/// than fits: not every server refuses one that does. A server that does not answer soon is not waited for; what it says later is kept to
/// from then on. Of several servers the shortest context counts.
/// </summary>
internal sealed class ContextLength(IReadOnlyList<EndpointServer> servers, EndpointOptions options, RequestBody bodies, TimeProvider time)
    : IDisposable
{
    /// <summary>Fewer tokens than this fit into every context.</summary>
    private const int FewTokens = 256;

    private const int MostTries = 3;
    private static readonly TimeSpan LongestWait = TimeSpan.FromSeconds(0.5);
    private static readonly TimeSpan LongestAnswer = TimeSpan.FromSeconds(10);

    private readonly Lock _gate = new();
    private readonly CancellationTokenSource _disposed = new();
    private Task<bool>? _asking;
    private int _tries;
    private bool _waited;

    /// <summary>Waits until a request can keep to the context, or cannot be helped to.</summary>
    /// <param name="maxTokens">The tokens that the request asks for; null where it says nothing.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    public async ValueTask ReadyAsync(int? maxTokens, CancellationToken cancellationToken)
    {
        if (maxTokens is not > FewTokens || options.ContextTokens is not null || bodies.ContextTokens is not null)
        {
            return;
        }

        Task<bool> asking;
        lock (_gate)
        {
            if (_asking is null || (_asking is { IsCompletedSuccessfully: true, Result: false } && _tries < MostTries))
            {
                _tries++;
                _asking = AskAsync();
            }

            asking = _asking;
        }

        if (!asking.IsCompleted && !Volatile.Read(ref _waited))
        {
            await Task.WhenAny(asking, Task.Delay(LongestWait, time, cancellationToken)).ConfigureAwait(false);
            Volatile.Write(ref _waited, true);
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _disposed.Cancel();
        _disposed.Dispose();
    }

    /// <summary>Whether all servers answered, with a length or without.</summary>
    private async Task<bool> AskAsync()
    {
        try
        {
            using CancellationTokenSource late = new(LongestAnswer, time);
            using CancellationTokenSource stop = CancellationTokenSource.CreateLinkedTokenSource(_disposed.Token, late.Token);
            ContextAnswer[] answers = await Task.WhenAll(
                    servers.Select(server => server.ContextAsync(options.Model, options.Flavour, stop.Token))
                )
                .ConfigureAwait(false);
            if (answers.Min(answer => answer.Tokens) is { } shortest && bodies.ContextTokens is null)
            {
                bodies.ContextTokens = shortest;
            }

            return answers.All(answer => answer.HasAnswered);
        }
        catch (Exception error) when (error is OperationCanceledException or ObjectDisposedException)
        {
            return true; // too late, or nobody wants to know any more
        }
    }
}

/// <summary>What a server says of the length of a model's context.</summary>
/// <param name="Tokens">The length; null where it does not say.</param>
/// <param name="HasAnswered">Whether it answered at all; a server that is starting does not.</param>
internal readonly record struct ContextAnswer(int? Tokens, bool HasAnswered);
