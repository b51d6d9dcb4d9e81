using LLama.Exceptions;
using LLama.Native;
using RewardReasoning.Models.Generation;

namespace RewardReasoning.LlamaCpp;

/// <summary>
/// The thread that owns llama.cpp's context. Each step computes one batch: the next token of every sequence that writes, and as many tokens
/// of waiting prompts as fit. A prompt waits while another that begins alike is being computed, and then shares its keys and values.
/// </summary>
internal sealed class LlamaWorker : IDisposable
{
    private readonly GgufModel _model;
    private readonly WaitingQueue _queue;
    private readonly SafeLLamaContextHandle _context;
    private readonly KvSlot[] _slots;
    private readonly List<KvSlot> _active = []; // in order of arrival
    private readonly Queue<Sequence> _preempted = new();
    private readonly float[] _scratch;
    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _mostActive;
    private long _clock;

    /// <exception cref="LlamaCppException">There is no room for the context.</exception>
    public LlamaWorker(GgufModel model, WaitingQueue queue)
    {
        (_model, _queue, _context) = (model, queue, CreateContext(model));
        _slots = [.. Enumerable.Range(0, model.Plan.MaxSequences).Select(index => new KvSlot(index, _context))];
        _scratch = new float[model.Native.Vocab.Count];
        _mostActive = _slots.Length;
    }

    /// <summary>Completed when the thread has ended.</summary>
    public Task Ended => _ended.Task;

    public void Start() => new Thread(Run) { IsBackground = true, Name = "llama.cpp" }.Start();

    /// <summary>Frees the context; call once the thread has ended.</summary>
    public void Dispose() => _context.Dispose();

    private static SafeLLamaContextHandle CreateContext(GgufModel model)
    {
        int threads = model.Plan.Threads;
        LLamaContextParams parameters = LLamaContextParams.Default();
        parameters.n_ctx = (uint)model.CacheCells;
        parameters.n_batch = (uint)(model.Plan.MaxPrefillTokens + model.Plan.MaxSequences);
        parameters.n_seq_max = (uint)model.Plan.MaxSequences;
        parameters.n_outputs_max = (uint)model.Plan.MaxSequences;
        (parameters.n_threads, parameters.n_threads_batch) = (threads, threads);
        (parameters.type_k, parameters.type_v) = (model.CacheType, model.CacheType);
        parameters.kv_unified = true; // sequences share cells
        parameters.no_perf = true;

        // Its flash attention rounds more on the processor.
        parameters.llama_flash_attn_type = LLamaFlashAttentionType.LLAMA_FLASH_ATTENTION_TYPE_DISABLED;
        try
        {
            return model.Native.CreateContext(parameters);
        }
        catch (Exception error) when (error is RuntimeError or InvalidOperationException)
        {
            throw new LlamaCppException(
                $"llama.cpp has no room for {model.CacheCells} tokens of keys and values: {LlamaLibrary.LastError}",
                error
            );
        }
    }

    private void Run()
    {
        try
        {
            while (!_queue.IsStopped && (_active.Count + _preempted.Count > 0 || _queue.WaitForWork()))
            {
                DropFinished();
                Admit();
                if (_active.Count > 0)
                {
                    Step();
                }
            }
        }
        catch (Exception error)
        {
            _queue.Stop(
                new GenerationException(
                    $"llama.cpp has crashed: {error.Message} All its requests have failed; open the model again.",
                    error
                )
            );
        }
        finally
        {
            foreach (Sequence sequence in _active.Select(slot => slot.Sequence).OfType<Sequence>().Concat(_preempted))
            {
                sequence.Fail(_queue.Reason);
            }

            _ended.SetResult();
        }
    }

    /// <summary>Takes in sequences, preempted ones first, while there is room.</summary>
    private void Admit()
    {
        while (_active.Count < _mostActive && _preempted.TryDequeue(out Sequence? sequence))
        {
            Place(sequence);
        }

        foreach (Sequence sequence in _queue.Take(worker: 0, _active.Count, _mostActive - _active.Count, _ => true))
        {
            Place(sequence);
        }
    }

    private void Place(Sequence sequence)
    {
        if (sequence.IsOver)
        {
            return;
        }

        int[] tokens = [.. sequence.Tokens];
        KvSlot slot = _slots
            .Where(slot => slot.Sequence is null)
            .OrderByDescending(slot => slot.CommonWith(tokens))
            .ThenBy(slot => slot.Cached.Length > 0)
            .ThenBy(slot => slot.LastUsed)
            .First();
        slot.Take(sequence);
        _active.Add(slot);
    }

    private void DropFinished()
    {
        foreach (KvSlot slot in _active.Where(slot => slot.Sequence is not { IsOver: false }).ToArray())
        {
            _active.Remove(slot);
            slot.Release();
            slot.LastUsed = ++_clock;
            if (IsHeldElsewhere(slot))
            {
                slot.Truncate(0);
            }

            _mostActive = Math.Min(_mostActive + 1, _slots.Length);
        }
    }

    private bool IsHeldElsewhere(KvSlot slot)
    {
        foreach (KvSlot other in _slots)
        {
            if (other != slot && other.Cached.StartsWith(slot.Cached))
            {
                return true;
            }
        }

        return false;
    }

    private void Step()
    {
        LLamaBatch batch = new();
        List<(KvSlot Slot, int Count, int? Row)> parts = [];
        foreach (KvSlot slot in _active.Where(slot => slot.Missing == 1))
        {
            Add(slot, 1);
        }

        int room = _model.Plan.MaxPrefillTokens;
        foreach (KvSlot slot in _active.Where(slot => slot.Missing > 1 && parts.TrueForAll(part => part.Slot != slot)).ToArray())
        {
            ShareWhatIsComputed(slot);
            if (room > 0 && !WaitsForAnother(slot))
            {
                int count = Math.Min(room, slot.Missing);
                Add(slot, count);
                room -= count;
            }
        }

        if (Decode(batch, parts))
        {
            foreach ((KvSlot slot, int count, int? row) in parts)
            {
                slot.Computed(count);
                if (row is { } at && slot.Sequence is { IsOver: false } sequence)
                {
                    Advance(sequence, _context.GetLogitsIth(at));
                }
            }
        }

        void Add(KvSlot slot, int count)
        {
            int? row = null;
            for (int i = 0; i < count; i++)
            {
                int at = slot.Cached.Length + i;
                bool last = at == slot.Tokens.Length - 1;
                int index = batch.Add(slot.Tokens[at], at, slot.Id, logits: last);
                row = last ? index : row;
            }

            parts.Add((slot, count, row));
        }
    }

    /// <summary>Chooses the next token, and appends all that are decided already, which are then computed at once.</summary>
    private void Advance(Sequence sequence, Span<float> logits)
    {
        HostLogits row = new(logits, _scratch, sequence);
        do
        {
            sequence.Advance(row, 0);
        } while (!sequence.IsOver && sequence.IsForced);
    }

    private void ShareWhatIsComputed(KvSlot slot)
    {
        KvSlot? best = null;
        int most = slot.Cached.Length;
        foreach (KvSlot other in _slots)
        {
            if (other != slot && other.CommonWith(slot.Tokens) is var common && common > most)
            {
                (best, most) = (other, common);
            }
        }

        if (best is not null)
        {
            slot.Share(best, most);
        }
    }

    /// <summary>Whether one that came earlier computes more of this slot's prompt than this slot has.</summary>
    private bool WaitsForAnother(KvSlot slot)
    {
        foreach (KvSlot other in _active)
        {
            if (other == slot)
            {
                return false;
            }

            if (other.Missing > 1 && other.Tokens.CommonPrefixLength(slot.Tokens[..^1]) > slot.Cached.Length)
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>Computes a batch; where its keys and values do not fit, room is made.</summary>
    /// <returns>Whether it was computed; else the next step tries again with less.</returns>
    private bool Decode(LLamaBatch batch, List<(KvSlot Slot, int Count, int? Row)> parts)
    {
        while (true)
        {
            DecodeResult result = _context.Decode(batch);
            switch (result)
            {
                case DecodeResult.Ok:
                    return true;
                case DecodeResult.NoKvSlot when ForgetAnIdlePrompt():
                    break;
                case DecodeResult.NoKvSlot when _active.Count > 1:
                    Preempt();
                    return false;
                default:
                    Fail(parts, result);
                    return false;
            }
        }
    }

    private bool ForgetAnIdlePrompt()
    {
        KvSlot? oldest = _slots.Where(slot => slot.Sequence is null && slot.Cached.Length > 0).MinBy(slot => slot.LastUsed);
        oldest?.Truncate(0);
        return oldest is not null;
    }

    /// <summary>Takes the youngest sequence out, until another one ends.</summary>
    private void Preempt()
    {
        KvSlot youngest = _active[^1];
        _active.Remove(youngest);
        if (youngest.Sequence is { } sequence)
        {
            _preempted.Enqueue(sequence);
        }

        youngest.Release();
        youngest.Truncate(0);
        _mostActive = _active.Count;
    }

    private void Fail(List<(KvSlot Slot, int Count, int? Row)> parts, DecodeResult result)
    {
        foreach ((KvSlot slot, _, _) in parts)
        {
            slot.Sequence?.Fail(
                new GenerationException($"llama.cpp could not compute the next token ({result}): {LlamaLibrary.LastError}")
            );
            slot.Truncate(0);
        }
    }
}
