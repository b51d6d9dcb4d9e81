using RewardReasoning.Models.Decoder;
using TorchSharp;
using static TorchSharp.torch;

namespace RewardReasoning.Models.Generation;

/// <summary>
/// One thread with a model: takes sequences from the queue, computes their prompts, and lets all of them grow token by token. A step that
/// fails
/// fails its own sequences; whatever else goes wrong stops the engine.
/// </summary>
internal sealed class EngineWorker : IDisposable
{
    /// <summary>
    /// A step for the prompts of one newcomer costs as much as one for many, so they wait this long unless they are many.
    /// </summary>
    private const int StepsBetweenJoins = 4;

    private readonly int _index;
    private readonly DecoderModel _model;
    private readonly EngineQueue _queue;
    private readonly int _maxSequences;
    private readonly int _promptTokens;
    private readonly long _cacheTokens;
    private readonly int? _tensorThreads;
    private readonly RunningBatch _batch;
    private readonly PromptMemory _memory;
    private readonly Queue<Sequence> _returned = new();
    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private PromptBatch? _prompts;
    private int _stepsSinceJoin;

    public EngineWorker(int index, DecoderModel model, EngineQueue queue, EnginePlan plan)
    {
        (_index, _model, _queue) = (index, model, queue);
        (_maxSequences, _promptTokens, _cacheTokens, _tensorThreads) = (
            plan.MaxSequences,
            plan.MaxPromptTokens,
            plan.CacheTokens,
            plan.TensorThreads
        );
        _batch = new RunningBatch(model);
        _memory = new PromptMemory(plan.CacheTokens / 8);
    }

    /// <summary>Completed when the thread has ended and its memory is free.</summary>
    public Task Ended => _ended.Task;

    private int Held => _batch.Count + _returned.Count + (_prompts?.Sequences.Count ?? 0);

    public void Start() => new Thread(Run) { IsBackground = true, Name = $"generation {_index}" }.Start();

    /// <summary>Frees what is left; call once the thread has ended.</summary>
    public void Dispose()
    {
        _prompts?.Dispose();
        _batch.Dispose();
        _memory.Dispose();
    }

    private void Run()
    {
        try
        {
            if (_tensorThreads is { } threads)
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

            Admit();
            _queue.Report(_index, Held);
            if (_prompts is { } prompts)
            {
                Guarded(StepPrompts, prompts.Sequences);
            }

            if (_batch.Count > 0)
            {
                KeepWithinMemory();
                Guarded(_batch.Step, [.. _batch.Sequences]);
                _stepsSinceJoin++;
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

            EndPrompts(prompts => prompts.Sequences.All(sequence => sequence.IsOver));
            _batch.DropFinished();
        }
    }

    private void Admit()
    {
        int free = _maxSequences - Held;
        int waiting = _queue.Count + _returned.Count;
        bool soon = _batch.Count == 0 || _stepsSinceJoin >= StepsBetweenJoins || waiting >= Math.Min(free, Math.Max(1, _batch.Count / 4));
        if (_prompts is not null || free <= 0 || waiting == 0 || !soon)
        {
            return;
        }

        PromptBudget budget = new(_promptTokens, _cacheTokens, _batch);
        List<Sequence> taken = [];
        while (taken.Count < free && _returned.TryPeek(out Sequence? next) && (next.IsOver || budget.TryAdd(next)))
        {
            taken.Add(_returned.Dequeue());
        }

        if (_returned.Count == 0)
        {
            taken.AddRange(_queue.Take(_index, Held + taken.Count, free - taken.Count, budget.TryAdd));
        }

        taken.RemoveAll(sequence => sequence.IsOver);
        if (taken.Count > 0)
        {
            _prompts = new PromptBatch(_model, _memory, taken, _promptTokens);
        }
    }

    private void StepPrompts()
    {
        if (_prompts is not { } prompts)
        {
            return;
        }

        using DisposeScope scope = NewDisposeScope();
        if (prompts.Sequences.All(sequence => sequence.IsOver))
        {
            EndPrompts(_ => true);
        }
        else if (prompts.Advance() is { } hidden)
        {
            Tensor logits = _model.Logits(hidden); // [rows, V]
            StepScores scores = new(logits.index_select(0, tensor(prompts.RowOf, device: _model.Device)), prompts.Sequences);
            for (int i = 0; i < prompts.Sequences.Count; i++)
            {
                if (!prompts.Sequences[i].IsOver)
                {
                    prompts.Sequences[i].Advance(scores, i);
                }
            }

            _batch.Join(prompts);
            EndPrompts(_ => true);
            _stepsSinceJoin = 0;
        }
    }

    /// <summary>Sends the youngest sequences back while the batch is too large for its memory.</summary>
    private void KeepWithinMemory()
    {
        while (_batch.Count > 1 && _batch.TokensWith(0, 0) > _cacheTokens)
        {
            _returned.Enqueue(_batch.RemoveYoungest());
        }
    }

    private void EndPrompts(Predicate<PromptBatch> when)
    {
        if (_prompts is { } prompts && when(prompts))
        {
            _prompts = null;
            prompts.Dispose();
        }
    }

    private void FailAll(Exception reason)
    {
        foreach (Sequence sequence in _batch.Sequences.Concat(_returned).Concat(_prompts?.Sequences ?? []))
        {
            sequence.Fail(reason);
        }

        _returned.Clear();
        EndPrompts(_ => true);
        _batch.Dispose();
    }
}
