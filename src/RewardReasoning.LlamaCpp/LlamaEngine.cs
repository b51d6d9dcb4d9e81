using RewardReasoning.Models.Generation;

namespace RewardReasoning.LlamaCpp;

/// <summary>
/// Generates text for many requests at once: one thread owns llama.cpp's context, requests join and leave its batch at any step, and
/// prompts that begin alike are computed once.
/// </summary>
internal sealed class LlamaEngine : IDisposable
{
    private readonly WaitingQueue _queue = new(workers: 1);
    private readonly RequestIntake _intake;
    private readonly LlamaWorker _worker;

    /// <summary>Starts the thread.</summary>
    /// <param name="model">The caller disposes it, after the engine.</param>
    public LlamaEngine(GgufModel model)
    {
        ArgumentNullException.ThrowIfNull(model);
        _intake = new RequestIntake(_queue, model.Chat.Tokenizer, model.Native.Vocab.Count, model.ContextLength);
        _worker = new LlamaWorker(model, _queue);
        _worker.Start();
    }

    /// <inheritdoc cref="RequestIntake.GenerateAsync"/>
    public Task<Completion> GenerateAsync(GenerationRequest request, CancellationToken cancellationToken = default) =>
        _intake.GenerateAsync(request, cancellationToken);

    /// <inheritdoc cref="RequestIntake.StreamAsync"/>
    public IAsyncEnumerable<GenerationEvent> StreamAsync(GenerationRequest request, CancellationToken cancellationToken = default) =>
        _intake.StreamAsync(request, cancellationToken);

    /// <inheritdoc/>
    public void Dispose()
    {
        if (!_queue.IsStopped)
        {
            _queue.Stop(new ObjectDisposedException(nameof(LlamaEngine)));
        }

        _worker.Ended.Wait();
        _worker.Dispose();
        _queue.Dispose();
    }
}
