using RewardReasoning.Models.Decoder;
using TorchSharp;
using static TorchSharp.torch;

namespace RewardReasoning.Models.Generation;

/// <summary>
/// One thread with a model of its own: computes prefills and decode steps as its scheduler says. A step that fails ends its own sequences
/// with an error; any other failure stops the engine.
/// </summary>
internal sealed class EngineWorker : IDisposable
{
    private readonly int _index;
    private readonly DecoderModel _model;
    private readonly WaitingQueue _queue;
    private readonly EnginePlan _plan;
    private readonly DecodeBatch _decoding;
    private readonly PrefixCache _prefixes;
    private readonly Scheduler _scheduler;
    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private PrefillBatch? _prefill;

    public EngineWorker(int index, DecoderModel model, WaitingQueue queue, EnginePlan plan)
    {
        (_index, _model, _queue, _plan) = (index, model, queue, plan);
        _decoding = new DecodeBatch(model);
        _prefixes = new PrefixCache(plan.Deterministic ? 0 : plan.CacheTokens / 8);
        _scheduler = new Scheduler(index, queue, _decoding, plan);
    }

    /// <summary>Completed when the thread has ended and its memory is free.</summary>
    public Task Ended => _ended.Task;

    private int Held => _decoding.Count + _scheduler.Preempted.Count + (_prefill?.Sequences.Count ?? 0);

    public void Start() => new Thread(Run) { IsBackground = true, Name = $"generation {_index}" }.Start();

    /// <summary>Frees what is left; call once the thread has ended.</summary>
    public void Dispose()
    {
        _prefill?.Dispose();
        _decoding.Dispose();
        _prefixes.Dispose();
    }

    private void Run()
    {
        try
        {
            if (_plan.TensorThreads is { } threads)
            {
                set_num_threads(threads);
            }

            using IDisposable noGrad = no_grad();
            Work();
        }
        catch (Exception error)
        {
            _queue.Stop(
                new GenerationException(
                    $"The generation engine has crashed: {error.Message} All its requests have failed; make a new engine.",
                    error
                )
            );
        }
        finally
        {
            FailAll(_queue.Reason);
            _ended.SetResult();
        }
    }

    private void Work()
    {
        while (!_queue.IsStopped)
        {
            if (Held == 0 && !_queue.WaitForWork())
            {
                return;
            }

            if (_prefill is null && _scheduler.NextPrefill() is { Count: > 0 } chosen)
            {
                _prefill = new PrefillBatch(_model, _prefixes, chosen, _plan.MaxPrefillTokens);
            }

            _queue.Report(_index, Held);
            if (_prefill is { } prefill)
            {
                Guarded(Prefill, prefill.Sequences);
            }

            if (_decoding.Count > 0)
            {
                _scheduler.Preempt();
                Guarded(_decoding.Step, [.. _decoding.Sequences]);
                _scheduler.OnDecoded();
            }
        }
    }

    private void Guarded(Action step, IReadOnlyList<Sequence> sequences)
    {
        try
        {
            step();
        }
        catch (Exception error)
        {
            foreach (Sequence sequence in sequences)
            {
                sequence.Fail(new GenerationException($"The model could not compute the next token: {error.Message}", error));
            }

            EndPrefill(prefill => prefill.Sequences.All(sequence => sequence.IsOver));
            _decoding.DropFinished();
        }
    }

    private void Prefill()
    {
        if (_prefill is not { } prefill)
        {
            return;
        }

        using DisposeScope scope = NewDisposeScope();
        if (prefill.Sequences.All(sequence => sequence.IsOver))
        {
            EndPrefill(_ => true);
        }
        else if (prefill.Advance() is { } hidden)
        {
            Tensor logits = _model.Logits(hidden); // [rows, V]
            StepLogits step = new(logits.index_select(0, tensor(prefill.RowOf, device: _model.Device)), prefill.Sequences);
            for (int i = 0; i < prefill.Sequences.Count; i++)
            {
                if (!prefill.Sequences[i].IsOver)
                {
                    prefill.Sequences[i].Advance(step, i);
                }
            }

            _decoding.Join(prefill);
            EndPrefill(_ => true);
            _scheduler.OnPrefilled();
        }
    }

    private void EndPrefill(Predicate<PrefillBatch> when)
    {
        if (_prefill is { } prefill && when(prefill))
        {
            _prefill = null;
            prefill.Dispose();
        }
    }

    private void FailAll(Exception reason)
    {
        foreach (Sequence sequence in _decoding.Sequences.Concat(_scheduler.Preempted).Concat(_prefill?.Sequences ?? []))
        {
            sequence.Fail(reason);
        }

        _scheduler.Clear();
        EndPrefill(_ => true);
        _decoding.Dispose();
    }
}
