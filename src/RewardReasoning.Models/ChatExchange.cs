using System.Collections.Concurrent;
using System.Collections.Frozen;
using Microsoft.Extensions.AI;
using RewardReasoning.Models.Generation;

namespace RewardReasoning.Models;

/// <summary>A model's completions as the responses of a chat client, and the client's requests as the engine's.</summary>
internal sealed class ChatExchange(IChatModel model)
{
    /// <summary>The option keys that every client over an engine in this process honours.</summary>
    public static readonly FrozenSet<string> Honoured = FrozenSet.Create(
        StringComparer.Ordinal,
        ChatOptionKeys.Prefill,
        ChatOptionKeys.AllowedNextTokens,
        ChatOptionKeys.LogProbs,
        ChatOptionKeys.LogProbsOfAnswer,
        ChatOptionKeys.ThinkingBudget,
        ChatOptionKeys.ThinkingStub,
        ChatOptionKeys.ThinkingStubChoices,
        ChatOptionKeys.Calculator,
        ChatOptionKeys.MinP,
        ChatOptionKeys.Seed
    );

    private readonly ConcurrentDictionary<int, string> _tokenTexts = new();
    private long _requests;

    /// <summary>What the engine is asked for.</summary>
    /// <exception cref="ArgumentException">The options cannot be honoured.</exception>
    public GenerationRequest RequestFor(IEnumerable<ChatMessage> messages, ChatOptions? options)
    {
        ArgumentNullException.ThrowIfNull(messages);

        // Requests without a seed differ from one another, and the whole series repeats in the next process.
        return ChatRequest.Of(model, messages, options ?? new ChatOptions(), (ulong)Interlocked.Increment(ref _requests));
    }

    /// <summary>A whole completion.</summary>
    public ChatResponse ResponseOf(Completion completion)
    {
        List<AIContent> contents = [];
        if (completion.Reasoning.Length > 0)
        {
            contents.Add(new TextReasoningContent(completion.Reasoning));
        }

        if (completion.Answer.Length > 0)
        {
            contents.Add(new TextContent(completion.Answer));
        }

        return new ChatResponse(new ChatMessage(ChatRole.Assistant, contents))
        {
            ModelId = model.Name,
            FinishReason = FinishReasonOf(completion),
            Usage = UsageOf(completion),
            AdditionalProperties = PropertiesOf(completion),
        };
    }

    /// <summary>One step of a completion that is streamed.</summary>
    public ChatResponseUpdate UpdateOf(GenerationEvent step)
    {
        ChatResponseUpdate update = new() { Role = ChatRole.Assistant, ModelId = model.Name };
        if (step.Completion is { } completion)
        {
            update.FinishReason = FinishReasonOf(completion);
            update.AdditionalProperties = PropertiesOf(completion);
            update.Contents = [new UsageContent(UsageOf(completion))];
        }
        else
        {
            update.Contents = [step.Part == CompletionPart.Reasoning ? new TextReasoningContent(step.Text) : new TextContent(step.Text)];
        }

        return update;
    }

    private static ChatFinishReason FinishReasonOf(Completion completion) =>
        completion.End == CompletionEnd.Stop ? ChatFinishReason.Stop : ChatFinishReason.Length;

    private static UsageDetails UsageOf(Completion completion) =>
        new()
        {
            InputTokenCount = completion.PromptTokens,
            CachedInputTokenCount = completion.CachedPromptTokens,
            OutputTokenCount = completion.GeneratedTokens,
            ReasoningTokenCount = completion.ReasoningTokens,
            TotalTokenCount = completion.PromptTokens + completion.GeneratedTokens,
        };

    private AdditionalPropertiesDictionary PropertiesOf(Completion completion)
    {
        AdditionalPropertiesDictionary properties = [];
        if (completion.ReasoningClosed is { } closed)
        {
            properties[ChatResponseKeys.ReasoningClosed] = closed;
        }

        if (completion.StubStart is not null)
        {
            properties[ChatResponseKeys.ThinkingForced] = true;
        }

        if (completion.LogProbs is { } logProbs)
        {
            properties[ChatResponseKeys.TokenTexts] = completion.LogProbIds.Select(TextOf).ToArray();
            properties[ChatResponseKeys.TokenLogProbs] = logProbs;
        }

        if (completion.TopLogProbs is { } top)
        {
            properties[ChatResponseKeys.TokenTopLogProbs] = top.Select(place =>
                    place.Select(token => KeyValuePair.Create(TextOf(token.Id), token.LogProb)).ToArray()
                )
                .ToArray();
        }

        return properties;
    }

    private string TextOf(int id) => _tokenTexts.GetOrAdd(id, static (id, tokenizer) => tokenizer.Decode([id]), model.Chat.Tokenizer);
}
