namespace RewardReasoning.Models.Generation;

/// <summary>
/// Decides what one worker computes next: which waiting sequences share the next prefill, and which running ones are preempted because
/// their keys and values no longer fit. Belongs to the worker's thread.
/// </summary>
/// <param name="worker">Index of the worker in the queue.</param>
/// <param name="queue">Where new sequences wait.</param>
/// <param name="decoding">The worker's decode batch.</param>
/// <param name="plan">Limits.</param>
internal sealed class Scheduler(int worker, WaitingQueue queue, DecodeBatch decoding, EnginePlan plan)
{
    /// <summary>A prefill of one prompt costs a step as a prefill of many does, so a few newcomers wait for this many steps.</summary>
    private const int StepsBetweenPrefills = 4;

    private readonly Queue<Sequence> _preempted = new();
    private int _stepsSincePrefill;

    /// <summary>Sequences that were preempted and wait to be computed again.</summary>
    public IReadOnlyCollection<Sequence> Preempted => _preempted;

    /// <summary>Chooses sequences for the next prefill, preempted ones first; empty where decoding should go on.</summary>
    public List<Sequence> NextPrefill()
    {
        int free = plan.MaxSequences - decoding.Count - _preempted.Count;
        int waiting = queue.Count + _preempted.Count;
        bool due =
            decoding.Count == 0 || _stepsSincePrefill >= StepsBetweenPrefills || waiting >= Math.Min(free, Math.Max(1, decoding.Count / 4));
        if (free <= 0 || waiting == 0 || !due)
        {
            return [];
        }

        PrefillBudget budget = new(plan, decoding);
        List<Sequence> chosen = [];
        while (chosen.Count < free && _preempted.TryPeek(out Sequence? next) && (next.IsOver || budget.TryAdd(next)))
        {
            chosen.Add(_preempted.Dequeue());
        }

        if (_preempted.Count == 0)
        {
            chosen.AddRange(queue.Take(worker, decoding.Count + chosen.Count, free - chosen.Count, budget.TryAdd));
        }

        chosen.RemoveAll(sequence => sequence.IsOver);
        return chosen;
    }

    /// <summary>Takes the youngest sequences out of the decode batch while its KV cache is too large.</summary>
    public void Preempt()
    {
        while (decoding.Count > 1 && decoding.TokensWith(0, 0) > plan.CacheTokens)
        {
            _preempted.Enqueue(decoding.RemoveYoungest());
        }
    }

    /// <summary>A prefill has joined the decode batch.</summary>
    public void OnPrefilled() => _stepsSincePrefill = 0;

    /// <summary>The decode batch has grown by one token.</summary>
    public void OnDecoded() => _stepsSincePrefill++;

    /// <summary>Forgets the preempted sequences.</summary>
    public void Clear() => _preempted.Clear();
}
