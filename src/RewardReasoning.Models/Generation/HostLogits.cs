using System.Numerics.Tensors;

namespace RewardReasoning.Models.Generation;

/// <summary>
/// The logits of one sequence as numbers in memory, for engines without tensors. Chooses as <see cref="StepLogits"/> does: in the order of
/// the ids for small vocabularies, from the most probable tokens for large ones.
/// </summary>
internal readonly ref struct HostLogits : IStepLogits
{
    private const int SmallVocabulary = 4096;
    private const int Candidates = 256;

    private readonly ReadOnlySpan<float> _logits; // [V]
    private readonly Span<float> _scratch; // [V]
    private readonly float _normalizer; // log-sum-exp

    /// <param name="logits">[V]; changed in place where the sequence penalises repetition.</param>
    /// <param name="scratch">[V], overwritten.</param>
    /// <param name="sequence">Whose they are.</param>
    public HostLogits(Span<float> logits, Span<float> scratch, Sequence sequence)
    {
        Penalise(logits, sequence);
        _logits = logits;
        _scratch = scratch;
        _normalizer = LogSumExp(logits, scratch);
    }

    /// <inheritdoc/>
    public TokenLogProb Choose(int row, Sequence sequence)
    {
        SamplingOptions sampling = sequence.Sampling;
        if (!sequence.Allowed.IsEmpty)
        {
            return ChooseAllowed(sequence);
        }

        if (sampling.Temperature == 0)
        {
            return At(Sampler.Best(_logits));
        }

        if (_logits.Length <= SmallVocabulary)
        {
            TensorPrimitives.SoftMax(Scaled(sampling.Temperature), _scratch);
            return At(Sampler.Draw(_scratch, sampling, sequence.Uniform));
        }

        int width = Math.Min(_logits.Length, sampling.TopK is > 0 and <= Candidates ? sampling.TopK : Candidates);
        int[] best = Best(width);
        float normalizer = LogSumExp(Scaled(sampling.Temperature), _scratch);
        float[] weights = new float[width];
        for (int i = 0; i < width; i++)
        {
            weights[i] = MathF.Exp((_logits[best[i]] / sampling.Temperature) - normalizer);
        }

        int place = Sampler.DrawSorted(weights, total: 1, whole: width == _logits.Length, sampling, sequence.Uniform);
        return place >= 0 ? At(best[place]) : ChooseFromAll(sequence);
    }

    /// <inheritdoc/>
    public TokenLogProb[] Top(int row, int count)
    {
        int[] best = Best(Math.Min(count, _logits.Length));
        TokenLogProb[] top = new TokenLogProb[best.Length];
        for (int i = 0; i < top.Length; i++)
        {
            top[i] = At(best[i]);
        }

        return top;
    }

    private static void Penalise(Span<float> logits, Sequence sequence)
    {
        if (sequence.Sampling.RepetitionPenalty is not 1 and var penalty)
        {
            foreach (long id in sequence.DistinctTokens)
            {
                logits[(int)id] *= logits[(int)id] < 0 ? penalty : 1 / penalty;
            }
        }
    }

    private static float LogSumExp(ReadOnlySpan<float> values, Span<float> scratch)
    {
        float largest = TensorPrimitives.Max(values);
        TensorPrimitives.Subtract(values, largest, scratch);
        TensorPrimitives.Exp(scratch, scratch);
        return largest + MathF.Log(TensorPrimitives.Sum<float>(scratch));
    }

    /// <summary>The logits over the temperature; in the scratch memory where it is not 1.</summary>
    private ReadOnlySpan<float> Scaled(float temperature)
    {
        if (temperature == 1)
        {
            return _logits;
        }

        TensorPrimitives.Divide(_logits, temperature, _scratch);
        return _scratch;
    }

    private TokenLogProb At(int id) => new(id, _logits[id] - _normalizer);

    private TokenLogProb ChooseAllowed(Sequence sequence)
    {
        ReadOnlySpan<int> allowed = sequence.Allowed;
        float temperature = sequence.Sampling.Temperature;
        float[] logits = new float[allowed.Length];
        for (int i = 0; i < logits.Length; i++)
        {
            logits[i] = _logits[allowed[i]];
        }

        int place = Sampler.Best(logits);
        if (temperature > 0)
        {
            float best = logits[place];
            float[] weights = [.. logits.Select(value => MathF.Exp((value - best) / temperature))];
            place = Sampler.Draw(weights, sequence.Sampling, sequence.Uniform);
        }

        return At(allowed[place]);
    }

    private TokenLogProb ChooseFromAll(Sequence sequence)
    {
        int[] order = Best(_logits.Length);
        float[] weights = new float[order.Length];
        for (int i = 0; i < order.Length; i++)
        {
            weights[i] = MathF.Exp((_logits[order[i]] - _logits[order[0]]) / sequence.Sampling.Temperature);
        }

        int place = Sampler.DrawSorted(weights, total: 1, whole: true, sequence.Sampling, sequence.Uniform);
        return At(order[place]);
    }

    /// <summary>The ids of the largest logits, the largest first, the lower id among equals.</summary>
    private int[] Best(int count)
    {
        PriorityQueue<int, (float Logit, int Id)> least = new(count + 1, WorstFirst);
        float bound = float.NegativeInfinity;
        for (int id = 0; id < _logits.Length; id++)
        {
            if (least.Count < count)
            {
                least.Enqueue(id, (_logits[id], id));
            }
            else if (_logits[id] > bound)
            {
                least.DequeueEnqueue(id, (_logits[id], id));
            }
            else
            {
                continue;
            }

            bound = least.Count == count ? _logits[least.Peek()] : bound;
        }

        int[] best = new int[least.Count];
        for (int i = best.Length - 1; i >= 0; i--)
        {
            best[i] = least.Dequeue();
        }

        return best;
    }

    private static readonly Comparer<(float Logit, int Id)> WorstFirst = Comparer<(float Logit, int Id)>.Create(
        (a, b) => a.Logit != b.Logit ? a.Logit.CompareTo(b.Logit) : b.Id.CompareTo(a.Id)
    );
}
