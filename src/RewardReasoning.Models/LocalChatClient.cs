using System.Collections.Concurrent;
using System.Collections.Frozen;
using System.Runtime.CompilerServices;
using Microsoft.Extensions.AI;
using RewardReasoning.Models.Generation;

namespace RewardReasoning.Models;

/// <summary>
/// A chat client over a model in this process. Beyond the members of <see cref="ChatOptions"/> it honours the keys that
/// <c>GetService(typeof(IReadOnlySet&lt;string&gt;), "chat_option_keys")</c> names. Reasoning comes as
/// <see cref="TextReasoningContent"/>, the answer as <see cref="TextContent"/>. Safe to use from any number of threads; concurrent
/// requests share a batch.
/// </summary>
public sealed class LocalChatClient : IChatClient
{
    /// <summary>Two full batches of a small model: while one request ends, others are ready to take its place.</summary>
    private const int TwoBatches = 512;

    private static readonly FrozenSet<string> Honoured = FrozenSet.Create(
        StringComparer.Ordinal,
        ChatOptionKeys.Prefill,
        ChatOptionKeys.AllowedNextTokens,
        ChatOptionKeys.LogProbs,
        ChatOptionKeys.LogProbsOfAnswer,
        ChatOptionKeys.ThinkingBudget,
        ChatOptionKeys.ThinkingStub,
        ChatOptionKeys.ThinkingStubChoices,
        ChatOptionKeys.MinP,
        ChatOptionKeys.Seed
    );

    private readonly LocalModel _model;
    private readonly bool _ownsModel;
    private readonly GenerationEngine _engine;
    private readonly ChatClientMetadata _metadata;
    private readonly ConcurrentDictionary<int, string> _tokenTexts = new();
    private long _requests;

    /// <summary>A client over a model that stays the caller's to dispose, after the client.</summary>
    public LocalChatClient(LocalModel model, EngineOptions? options = null)
        : this(model, options, ownsModel: false) { }

    private LocalChatClient(LocalModel model, EngineOptions? options, bool ownsModel)
    {
        ArgumentNullException.ThrowIfNull(model);
        (_model, _ownsModel) = (model, ownsModel);
        _engine = new GenerationEngine(model.Decoder, model.Tokenizer, options);
        _metadata = new ChatClientMetadata("local", providerUri: null, model.Name);
    }

    /// <summary>Loads a model folder and makes a client that disposes the model with itself.</summary>
    /// <inheritdoc cref="LocalModel.Load" path="/exception"/>
    public static LocalChatClient Load(string folder, LocalModelOptions? modelOptions = null, EngineOptions? engineOptions = null)
    {
        LocalModel model = LocalModel.Load(folder, modelOptions);
        try
        {
            return new LocalChatClient(model, engineOptions, ownsModel: true);
        }
        catch
        {
            model.Dispose();
            throw;
        }
    }

    /// <inheritdoc/>
    /// <exception cref="ArgumentException">
    /// The options cannot be honoured, or the prompt does not fit the context; then <see cref="Exception.Data"/> has <c>prompt_tokens</c>
    /// and <c>context_tokens</c>.
    /// </exception>
    /// <exception cref="RewardReasoningException">The model failed.</exception>
    public async Task<ChatResponse> GetResponseAsync(
        IEnumerable<ChatMessage> messages,
        ChatOptions? options = null,
        CancellationToken cancellationToken = default
    )
    {
        Completion completion = await _engine.GenerateAsync(RequestFor(messages, options), cancellationToken).ConfigureAwait(false);
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
            ModelId = _model.Name,
            FinishReason = FinishReasonOf(completion),
            Usage = UsageOf(completion),
            AdditionalProperties = PropertiesOf(completion),
        };
    }

    /// <inheritdoc/>
    public async IAsyncEnumerable<ChatResponseUpdate> GetStreamingResponseAsync(
        IEnumerable<ChatMessage> messages,
        ChatOptions? options = null,
        [EnumeratorCancellation] CancellationToken cancellationToken = default
    )
    {
        await foreach (GenerationEvent step in _engine.StreamAsync(RequestFor(messages, options), cancellationToken).ConfigureAwait(false))
        {
            ChatResponseUpdate update = new() { Role = ChatRole.Assistant, ModelId = _model.Name };
            if (step.Completion is { } completion)
            {
                update.FinishReason = FinishReasonOf(completion);
                update.AdditionalProperties = PropertiesOf(completion);
                update.Contents = [new UsageContent(UsageOf(completion))];
            }
            else
            {
                update.Contents =
                [
                    step.Part == CompletionPart.Reasoning ? new TextReasoningContent(step.Text) : new TextContent(step.Text),
                ];
            }

            yield return update;
        }
    }

    /// <summary>
    /// Gives the <see cref="ChatClientMetadata"/>, the <see cref="LocalModel"/>, the set of honoured option keys (under
    /// <see cref="ChatOptionKeys.Supported"/>), and the model's identity as a <see cref="string"/> (under
    /// <see cref="ChatOptionKeys.ModelIdentity"/>; see <see cref="LocalModel.Identity"/>).
    /// </summary>
    public object? GetService(Type serviceType, object? serviceKey = null)
    {
        ArgumentNullException.ThrowIfNull(serviceType);
        return serviceKey switch
        {
            null when serviceType == typeof(ChatClientMetadata) => _metadata,
            null when serviceType == typeof(LocalModel) => _model,
            null when serviceType.IsInstanceOfType(this) => this,
            ChatOptionKeys.Supported when serviceType.IsInstanceOfType(Honoured) => Honoured,
            ChatOptionKeys.ModelIdentity when serviceType == typeof(string) => _model.Identity,
            ChatOptionKeys.Concurrency when serviceType == typeof(int) => TwoBatches,
            _ => null,
        };
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _engine.Dispose();
        if (_ownsModel)
        {
            _model.Dispose();
        }
    }

    private GenerationRequest RequestFor(IEnumerable<ChatMessage> messages, ChatOptions? options)
    {
        ArgumentNullException.ThrowIfNull(messages);

        // Requests without a seed differ from one another, and the whole series repeats in the next process.
        return ChatRequest.Of(_model, messages, options ?? new ChatOptions(), (ulong)Interlocked.Increment(ref _requests));
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

    private string TextOf(int id) => _tokenTexts.GetOrAdd(id, static (id, tokenizer) => tokenizer.Decode([id]), _model.Tokenizer);
}
