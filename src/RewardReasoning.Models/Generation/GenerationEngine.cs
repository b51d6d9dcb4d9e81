using RewardReasoning.Models.Decoder;
using RewardReasoning.Text.Tokenization;

namespace RewardReasoning.Models.Generation;

/// <summary>
/// Generates text for many requests at once by continuous batching. Each worker thread has a view of the same weights; requests join and
/// leave its batch at any step, equal prompts and shared prefixes are computed once, and the samples of a request depend on its own seed.
/// On the processor a decode step gives a sequence the same numbers whatever else is in its batch. Prompts that are computed together, and
/// those of which the prefix cache has a part, differ in the rounding of differently shaped matrix products, so equal requests give equal
/// text except where two tokens nearly tie.
/// </summary>
internal sealed class GenerationEngine : IAsyncDisposable, IDisposable
{
    private readonly WaitingQueue _queue;
    private readonly RequestIntake _intake;
    private readonly EngineWorker[] _workers;
    private readonly DecoderModel[] _shares;

    /// <summary>Starts the workers.</summary>
    /// <param name="model">The caller disposes it, after the engine; nothing else may run it meanwhile.</param>
    /// <param name="tokenizer">Turns tokens into text.</param>
    /// <param name="options">How much to do at once; null chooses by model and machine.</param>
    public GenerationEngine(DecoderModel model, Tokenizer tokenizer, EngineOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(tokenizer);
        EnginePlan plan = EnginePlan.Of(options ?? new EngineOptions(), model, Environment.ProcessorCount);
        _queue = new WaitingQueue(plan.Workers);
        _intake = new RequestIntake(_queue, tokenizer, model.Config.VocabularySize, model.Config.MaxPositions);
        _shares = [.. Enumerable.Range(1, plan.Workers - 1).Select(_ => Share(model))];
        _workers = [.. _shares.Prepend(model).Select((own, index) => new EngineWorker(index, own, _queue, plan))];
        foreach (EngineWorker worker in _workers)
        {
            worker.Start();
        }
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
        Stop();
        Task.WaitAll(_workers.Select(worker => worker.Ended));
        Release();
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        Stop();
        await Task.WhenAll(_workers.Select(worker => worker.Ended)).ConfigureAwait(false);
        Release();
    }

    private static DecoderModel Share(DecoderModel model)
    {
        DecoderModel share = model.ShareWeights();
        share.SetRequiresGrad(false);
        return share;
    }

    private void Stop()
    {
        if (!_queue.IsStopped)
        {
            _queue.Stop(new ObjectDisposedException(nameof(GenerationEngine)));
        }
    }

    private void Release()
    {
        foreach (IDisposable owned in _workers.Concat<IDisposable>(_shares))
        {
            owned.Dispose();
        }

        _queue.Dispose();
    }
}
