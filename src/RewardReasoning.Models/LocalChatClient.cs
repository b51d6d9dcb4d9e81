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

    private readonly LocalModel _model;
    private readonly bool _ownsModel;
    private readonly GenerationEngine _engine;
    private readonly ChatClientMetadata _metadata;
    private readonly ChatExchange _exchange;

    /// <summary>A client over a model that stays the caller's to dispose, after the client.</summary>
    public LocalChatClient(LocalModel model, EngineOptions? options = null)
        : this(model, options, ownsModel: false) { }

    private LocalChatClient(LocalModel model, EngineOptions? options, bool ownsModel)
    {
        ArgumentNullException.ThrowIfNull(model);
        (_model, _ownsModel, _exchange) = (model, ownsModel, new ChatExchange(model));
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
        GenerationRequest request = _exchange.RequestFor(messages, options);
        return _exchange.ResponseOf(await _engine.GenerateAsync(request, cancellationToken).ConfigureAwait(false));
    }

    /// <inheritdoc/>
    public async IAsyncEnumerable<ChatResponseUpdate> GetStreamingResponseAsync(
        IEnumerable<ChatMessage> messages,
        ChatOptions? options = null,
        [EnumeratorCancellation] CancellationToken cancellationToken = default
    )
    {
        GenerationRequest request = _exchange.RequestFor(messages, options);
        await foreach (GenerationEvent step in _engine.StreamAsync(request, cancellationToken).ConfigureAwait(false))
        {
            yield return _exchange.UpdateOf(step);
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
            null when serviceType == typeof(LocalModel) || serviceType == typeof(IChatModel) => _model,
            null when serviceType.IsInstanceOfType(this) => this,
            ChatOptionKeys.Supported when serviceType.IsInstanceOfType(ChatExchange.Honoured) => ChatExchange.Honoured,
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
}
