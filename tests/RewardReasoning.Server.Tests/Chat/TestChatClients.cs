using System.Runtime.CompilerServices;
using Microsoft.Extensions.AI;

namespace RewardReasoning.Server.Tests.Chat;

/// <summary>Answers once it is let to.</summary>
internal sealed class GatedChatClient(Task free) : IChatClient
{
    private readonly TaskCompletionSource _asked = new();

    /// <summary>Done when it was asked for the first time.</summary>
    public Task Asked => _asked.Task;

    public async Task<ChatResponse> GetResponseAsync(
        IEnumerable<ChatMessage> messages,
        ChatOptions? options = null,
        CancellationToken cancellationToken = default
    )
    {
        _asked.TrySetResult();
        await free.WaitAsync(cancellationToken);
        return new(new ChatMessage(ChatRole.Assistant, "a"));
    }

    public IAsyncEnumerable<ChatResponseUpdate> GetStreamingResponseAsync(
        IEnumerable<ChatMessage> messages,
        ChatOptions? options = null,
        CancellationToken cancellationToken = default
    ) => throw new NotSupportedException("This client does not stream.");

    public object? GetService(Type serviceType, object? serviceKey = null) => null;

    public void Dispose() { }
}

/// <summary>Fails after the first piece of a streamed answer.</summary>
internal sealed class FailingChatClient : IChatClient
{
    public Task<ChatResponse> GetResponseAsync(
        IEnumerable<ChatMessage> messages,
        ChatOptions? options = null,
        CancellationToken cancellationToken = default
    ) => throw new NotSupportedException("This client only streams.");

    public async IAsyncEnumerable<ChatResponseUpdate> GetStreamingResponseAsync(
        IEnumerable<ChatMessage> messages,
        ChatOptions? options = null,
        [EnumeratorCancellation] CancellationToken cancellationToken = default
    )
    {
        yield return new(ChatRole.Assistant, "a");
        await Task.Delay(50, cancellationToken);
        throw new InvalidOperationException("a secret");
    }

    public object? GetService(Type serviceType, object? serviceKey = null) => null;

    public void Dispose() { }
}
