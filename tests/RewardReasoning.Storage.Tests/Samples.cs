using Microsoft.Extensions.AI;

namespace RewardReasoning.Storage.Tests;

/// <summary>Requests, responses and completions to try a store with.</summary>
internal static class Samples
{
    public static StoredModel Model { get; } = new("sha256:1234:float32", "tiny");

    public static IReadOnlyList<ChatMessage> Messages(string text) => [new(ChatRole.System, "Judge."), new(ChatRole.User, text)];

    public static ChatOptions Options(long seed = 7) =>
        new()
        {
            Temperature = 0.6f,
            TopP = 1,
            MaxOutputTokens = 100,
            Seed = seed,
        };

    public static CompletionRequest Request(string text = "Which?", long seed = 7, StoredModel? model = null) =>
        CompletionRequest.Of(model ?? Model, Messages(text), Options(seed))
        ?? throw new InvalidOperationException("The request has no key.");

    public static ChatResponse Response(string text = @"\boxed{Assistant 1}") =>
        new(new ChatMessage(ChatRole.Assistant, [new TextReasoningContent("Hm, 1 + 1 = 2."), new TextContent(text)]))
        {
            FinishReason = ChatFinishReason.Stop,
            Usage = new() { InputTokenCount = 10, OutputTokenCount = 5 },
            AdditionalProperties = new() { [ChatResponseKeys.ReasoningClosed] = true },
        };

    public static StoredCompletion Completion(
        CompletionRequest request,
        string text = @"\boxed{Assistant 1}",
        DateTimeOffset? created = null
    ) =>
        new()
        {
            Request = request,
            Response = ResponseEncoding.Write(Response(text)) ?? throw new InvalidOperationException("The response has no byte form."),
            Created = created ?? new DateTimeOffset(2025, 1, 2, 3, 4, 5, 678, TimeSpan.Zero),
            Elapsed = TimeSpan.FromMilliseconds(1500),
        };
}
