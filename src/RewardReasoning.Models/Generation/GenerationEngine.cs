using System.Runtime.CompilerServices;
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
    private readonly DecoderConfig _config;
    private readonly Tokenizer _tokenizer;
    private readonly WaitingQueue _queue;
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
        (_config, _tokenizer, _queue) = (model.Config, tokenizer, new WaitingQueue(plan.Workers));
        _shares = [.. Enumerable.Range(1, plan.Workers - 1).Select(_ => Share(model))];
        _workers = [.. _shares.Prepend(model).Select((own, index) => new EngineWorker(index, own, _queue, plan))];
        foreach (EngineWorker worker in _workers)
        {
            worker.Start();
        }
    }

    /// <summary>Answers a request.</summary>
    /// <exception cref="ArgumentException">This model cannot answer it; see <see cref="GenerationRequest.Validate"/>.</exception>
    /// <exception cref="RewardReasoningException">The model failed; the inner exception is the cause.</exception>
    /// <exception cref="OperationCanceledException">The request was cancelled; it leaves its batch at the next step.</exception>
    /// <exception cref="ObjectDisposedException">The engine was disposed before the request was answered.</exception>
    public async Task<Completion> GenerateAsync(GenerationRequest request, CancellationToken cancellationToken = default)
    {
        Sequence sequence = Submit(request, streamed: false, cancellationToken);
        using CancellationTokenRegistration registration = cancellationToken.Register(() => sequence.Cancel(cancellationToken));
        return await sequence.Completion.ConfigureAwait(false);
    }

    /// <summary>Streams the answer to a request; the last event holds all of it. Ending the enumeration cancels the request.</summary>
    /// <inheritdoc cref="GenerateAsync" path="/exception"/>
    public async IAsyncEnumerable<GenerationEvent> StreamAsync(
        GenerationRequest request,
        [EnumeratorCancellation] CancellationToken cancellationToken = default
    )
    {
        Sequence sequence = Submit(request, streamed: true, cancellationToken);
        using CancellationTokenRegistration registration = cancellationToken.Register(() => sequence.Cancel(cancellationToken));
        try
        {
            await foreach (GenerationEvent step in sequence.Events.ReadAllAsync(cancellationToken).ConfigureAwait(false))
            {
                yield return step;
            }
        }
        finally
        {
            sequence.Cancel(cancellationToken);
        }
    }

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

    private Sequence Submit(GenerationRequest request, bool streamed, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(request);
        cancellationToken.ThrowIfCancellationRequested();
        request.Validate(_config.VocabularySize, _config.MaxPositions);
        Sequence sequence = new(request, _tokenizer, _config.MaxPositions, streamed);
        _queue.Add(sequence);
        return sequence;
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
