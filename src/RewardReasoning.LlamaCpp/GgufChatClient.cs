using System.Runtime.CompilerServices;
using Microsoft.Extensions.AI;
using RewardReasoning.Judging;
using RewardReasoning.Models;
using RewardReasoning.Models.Generation;

namespace RewardReasoning.LlamaCpp;

/// <summary>
/// A chat client over a GGUF file, which llama.cpp runs in this process. It honours the same option keys as the client of a model folder,
/// and gives the same texts for the same seeds where the logits are the same. Safe to use from any number of threads; concurrent requests
/// share a batch, and prompts that begin alike are computed once.
/// </summary>
public sealed class GgufChatClient : IChatClient
{
    private readonly GgufModel _model;
    private readonly LlamaEngine _engine;
    private readonly ChatClientMetadata _metadata;
    private readonly ChatExchange _exchange;

    private GgufChatClient(GgufModel model, LlamaEngine engine)
    {
        (_model, _engine, _exchange) = (model, engine, new ChatExchange(model));
        _metadata = new ChatClientMetadata("llama.cpp", providerUri: null, model.Name);
    }

    /// <summary>
    /// Loads a file. A judge over it is <c>JudgeFactory.Open(client, options, client.JudgeFiles)</c>.
    /// </summary>
    /// <param name="path">The <c>.gguf</c>; its tokenizer is byte-level BPE (Qwen, Llama 3, SmolLM and kin), with a chat template.</param>
    /// <param name="modelOptions">Template variables and where hashes are stored; type and device are the file's own.</param>
    /// <param name="engineOptions">
    /// Threads, sequences (at most 256; 64 by default) and the memory of keys and values, which llama.cpp allocates at once (1 GiB if
    /// null).
    /// </param>
    /// <exception cref="RewardReasoningException">
    /// The file is damaged or of a kind that is not known here, or llama.cpp's library is missing.
    /// </exception>
    /// <exception cref="ArgumentException">The options cannot be honoured.</exception>
    public static GgufChatClient Load(string path, LocalModelOptions? modelOptions = null, EngineOptions? engineOptions = null)
    {
        GgufModel model = GgufModel.Load(path, modelOptions ?? new LocalModelOptions(), engineOptions);
        try
        {
            return new GgufChatClient(model, new LlamaEngine(model));
        }
        catch
        {
            model.Dispose();
            throw;
        }
    }

    /// <summary>
    /// Prompt, domain and closing text of the judge that <c>rrm export gguf</c> made the file of; empty where it holds none.
    /// </summary>
    /// <exception cref="FormatException">One cannot be used; the message names the file.</exception>
    public JudgeFiles JudgeFiles => GgufJudgeFiles.Read(_model.File);

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
    /// Gives the <see cref="ChatClientMetadata"/>, the set of honoured option keys (under <see cref="ChatOptionKeys.Supported"/>), and the
    /// model's identity as a <see cref="string"/> (under <see cref="ChatOptionKeys.ModelIdentity"/>): SHA-256 of the file, how it is
    /// stored, and any template variables.
    /// </summary>
    public object? GetService(Type serviceType, object? serviceKey = null)
    {
        ArgumentNullException.ThrowIfNull(serviceType);
        return serviceKey switch
        {
            null when serviceType == typeof(ChatClientMetadata) => _metadata,
            null when serviceType == typeof(IChatModel) => _model,
            null when serviceType.IsInstanceOfType(this) => this,
            ChatOptionKeys.Supported when serviceType.IsInstanceOfType(ChatExchange.Honoured) => ChatExchange.Honoured,
            ChatOptionKeys.ModelIdentity when serviceType == typeof(string) => _model.Identity,
            ChatOptionKeys.Concurrency when serviceType == typeof(int) => 2 * _model.Plan.MaxSequences,
            _ => null,
        };
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _engine.Dispose();
        _model.Dispose();
    }
}
