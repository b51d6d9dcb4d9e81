using Microsoft.Extensions.AI;

namespace RewardReasoning.Server.Tests.Judging;

/// <summary>A model that prefers the response shown first, once it is let to.</summary>
internal sealed class GatedJudgeClient(Task free) : IChatClient
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
        return new(new ChatMessage(ChatRole.Assistant, @"\boxed{Assistant 1}")) { FinishReason = ChatFinishReason.Stop };
    }

    public async IAsyncEnumerable<ChatResponseUpdate> GetStreamingResponseAsync(
        IEnumerable<ChatMessage> messages,
        ChatOptions? options = null,
        [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellationToken = default
    )
    {
        foreach (ChatResponseUpdate update in (await GetResponseAsync(messages, options, cancellationToken)).ToChatResponseUpdates())
        {
            yield return update;
        }
    }

    public object? GetService(Type serviceType, object? serviceKey = null) => null;

    public void Dispose() { }
}
