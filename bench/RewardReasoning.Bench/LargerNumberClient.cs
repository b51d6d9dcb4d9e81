using System.Globalization;
using System.Runtime.CompilerServices;
using Microsoft.Extensions.AI;

namespace RewardReasoning.Bench;

/// <summary>A model that prefers the larger of two responses <c>value N</c>, after a time.</summary>
internal sealed class LargerNumberClient(TimeSpan delay = default) : IChatClient
{
    private const string Mark = "value ";

    private static readonly ChatClientMetadata Metadata = new("instant", null, "instant");

    public async Task<ChatResponse> GetResponseAsync(
        IEnumerable<ChatMessage> messages,
        ChatOptions? options = null,
        CancellationToken cancellationToken = default
    )
    {
        if (delay > TimeSpan.Zero)
        {
            await Task.Delay(delay, cancellationToken);
        }

        string text = messages.Last().Text;
        int second = text.LastIndexOf(Mark, StringComparison.Ordinal);
        int first = text.LastIndexOf(Mark, second - 1, StringComparison.Ordinal);
        bool isFirst = ValueAt(text, first) > ValueAt(text, second);
        return new(new ChatMessage(ChatRole.Assistant, isFirst ? @"\boxed{Assistant 1}" : @"\boxed{Assistant 2}"))
        {
            FinishReason = ChatFinishReason.Stop,
        };
    }

    public async IAsyncEnumerable<ChatResponseUpdate> GetStreamingResponseAsync(
        IEnumerable<ChatMessage> messages,
        ChatOptions? options = null,
        [EnumeratorCancellation] CancellationToken cancellationToken = default
    )
    {
        foreach (ChatResponseUpdate update in (await GetResponseAsync(messages, options, cancellationToken)).ToChatResponseUpdates())
        {
            yield return update;
        }
    }

    public object? GetService(Type serviceType, object? serviceKey = null) => serviceType == typeof(ChatClientMetadata) ? Metadata : null;

    public void Dispose() { }

    private static int ValueAt(string text, int mark)
    {
        int start = mark + Mark.Length;
        int end = start;
        while (end < text.Length && char.IsAsciiDigit(text[end]))
        {
            end++;
        }

        return int.Parse(text.AsSpan(start, end - start), CultureInfo.InvariantCulture);
    }
}
