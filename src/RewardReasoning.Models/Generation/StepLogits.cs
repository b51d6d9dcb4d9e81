using RewardReasoning.Models.Tensors;
using TorchSharp;
using static TorchSharp.torch;

namespace RewardReasoning.Models.Generation;

/// <summary>
/// The logits of one step as plain numbers, read with a few tensor operations for the whole batch: all of them for small vocabularies; for
/// large ones the most probable tokens and the normaliser, and a row's whole distribution only where those do not decide. Valid within
/// the dispose scope in which it was made.
/// </summary>
internal readonly ref struct StepLogits : IStepLogits
{
    private const int SmallVocabulary = 4096;
    private const int Candidates = 256;
    private const int CandidatesOfGreedy = 8;

    private readonly Tensor _logits; // [B, V] float32
    private readonly ReadOnlySpan<float> _logProbs; // [B, width], by id or falling
    private readonly ReadOnlySpan<float> _weights; // [B, width], probabilities at each row's temperature; empty where all rows are greedy
    private readonly ReadOnlySpan<long> _ids; // [B, width] beside falling log-probs, else empty
    private readonly ReadOnlySpan<float> _normalizers; // [B] log-sum-exp, only for large vocabularies
    private readonly int _width;

    /// <param name="logits">[B, V].</param>
    /// <param name="rows">The sequence of each row.</param>
    public StepLogits(Tensor logits, IReadOnlyList<Sequence> rows)
    {
        _logits = Penalised(logits.to(ScalarType.Float32), rows);
        float[] temperatures = [.. rows.Select(row => row.Sampling.Temperature > 0 ? row.Sampling.Temperature : 1)];
        bool anyDrawn = rows.Any(row => row.Sampling.Temperature > 0);
        bool scaled = Array.Exists(temperatures, value => value != 1);
        Tensor? divisor = scaled ? tensor(temperatures, device: logits.device).unsqueeze(1) : null; // [B, 1]
        long vocabulary = logits.shape[1];
        if (vocabulary <= SmallVocabulary)
        {
            Tensor logProbs = _logits.log_softmax(-1);
            _logProbs = logProbs.Floats();
            _weights = anyDrawn ? (divisor is null ? logProbs.exp() : _logits.div(divisor).softmax(-1)).Floats() : [];
            _ids = [];
            _normalizers = [];
            _width = (int)vocabulary;
            return;
        }

        _width = (int)Math.Min(vocabulary, rows.Max(row => Math.Max(row.LogProbs ?? 0, CandidatesFor(row.Sampling))));
        (Tensor values, Tensor ids) = _logits.topk(_width);
        Tensor normalizers = LogSumExp(_logits);
        _logProbs = values.sub(normalizers).Floats();
        _weights = !anyDrawn
            ? []
            : (divisor is null ? values.sub(normalizers).exp() : values.div(divisor).sub(LogSumExp(_logits.div(divisor))).exp()).Floats();
        _ids = ids.Longs();
        _normalizers = normalizers.Floats();
    }

    /// <inheritdoc/>
    public TokenLogProb Choose(int row, Sequence sequence)
    {
        ReadOnlySpan<float> logProbs = _logProbs.Slice(row * _width, _width);
        if (!sequence.Allowed.IsEmpty)
        {
            return ChooseAllowed(row, sequence);
        }

        bool greedy = sequence.Sampling.Temperature == 0;
        if (_ids.IsEmpty)
        {
            int id = greedy
                ? Sampler.Best(logProbs)
                : Sampler.Draw(_weights.Slice(row * _width, _width), sequence.Sampling, sequence.Uniform);
            return new TokenLogProb(id, logProbs[id]);
        }

        ReadOnlySpan<long> ids = _ids.Slice(row * _width, _width);
        int place = greedy
            ? FirstOfTheBest(logProbs, ids)
            : Sampler.DrawSorted(
                _weights.Slice(row * _width, _width),
                total: 1,
                whole: _width == _logits.shape[1],
                sequence.Sampling,
                sequence.Uniform
            );
        return place >= 0 ? new TokenLogProb((int)ids[place], logProbs[place]) : ChooseFromAll(row, sequence);
    }

    /// <inheritdoc/>
    public TokenLogProb[] Top(int row, int count)
    {
        ReadOnlySpan<float> logProbs = _logProbs.Slice(row * _width, _width);
        TokenLogProb[] top = new TokenLogProb[Math.Min(count, _width)];
        if (!_ids.IsEmpty)
        {
            for (int i = 0; i < top.Length; i++)
            {
                top[i] = new TokenLogProb((int)_ids[(row * _width) + i], logProbs[i]);
            }

            return top;
        }

        int filled = 0;
        for (int id = 0; id < logProbs.Length; id++)
        {
            if (filled == top.Length && !(logProbs[id] > top[^1].LogProb))
            {
                continue;
            }

            int at = filled < top.Length ? filled++ : top.Length - 1;
            for (; at > 0 && logProbs[id] > top[at - 1].LogProb; at--)
            {
                top[at] = top[at - 1];
            }

            top[at] = new TokenLogProb(id, logProbs[id]);
        }

        return top;
    }

    /// <summary>Lowers, in place, the logits of the tokens that a row has already, where its request says so.</summary>
    private static Tensor Penalised(Tensor logits, IReadOnlyList<Sequence> rows)
    {
        for (int row = 0; row < rows.Count; row++)
        {
            if (rows[row].Sampling.RepetitionPenalty is not 1 and var penalty)
            {
                Tensor ids = tensor(rows[row].DistinctTokens, device: logits.device);
                Tensor seen = logits[row].index_select(0, ids);
                logits[row].index_copy_(0, ids, where(seen.IsNegative(), seen.Times(penalty), seen.Over(penalty)));
            }
        }

        return logits;
    }

    /// <summary>[B, 1]. On the processor row by row: one row alone would be summed in another order than several.</summary>
    private static Tensor LogSumExp(Tensor logits) =>
        logits.device_type == DeviceType.CPU
            ? stack([.. Enumerable.Range(0, (int)logits.shape[0]).Select(row => logits[row].logsumexp(-1, keepdim: true))])
            : logits.logsumexp(-1, keepdim: true);

    private static int CandidatesFor(SamplingOptions sampling) =>
        sampling.Temperature == 0 ? CandidatesOfGreedy
        : sampling.TopK is > 0 and <= Candidates ? sampling.TopK
        : Candidates;

    /// <summary>Among equals the lowest id: topk does not promise an order of equals.</summary>
    private static int FirstOfTheBest(ReadOnlySpan<float> falling, ReadOnlySpan<long> ids)
    {
        int best = 0;
        for (int i = 1; i < falling.Length && falling[i] == falling[0]; i++)
        {
            best = ids[i] < ids[best] ? i : best;
        }

        return best;
    }

    private TokenLogProb ChooseAllowed(int row, Sequence sequence)
    {
        ReadOnlySpan<int> allowed = sequence.Allowed;
        float[] logProbs = new float[allowed.Length];
        if (_ids.IsEmpty)
        {
            for (int i = 0; i < allowed.Length; i++)
            {
                logProbs[i] = _logProbs[(row * _width) + allowed[i]];
            }
        }
        else
        {
            _logits[row]
                .index_select(0, tensor(allowed.ToArray(), dtype: ScalarType.Int64, device: _logits.device))
                .Minus(_normalizers[row])
                .Floats()
                .CopyTo(logProbs);
        }

        int place = Sampler.Best(logProbs);
        if (sequence.Sampling.Temperature > 0)
        {
            float best = logProbs[place];
            float[] weights = [.. logProbs.Select(value => MathF.Exp((value - best) / sequence.Sampling.Temperature))];
            place = Sampler.Draw(weights, sequence.Sampling, sequence.Uniform);
        }

        return new TokenLogProb(allowed[place], logProbs[place]);
    }

    private TokenLogProb ChooseFromAll(int row, Sequence sequence)
    {
        (Tensor sorted, Tensor order) = _logits[row].Over(sequence.Sampling.Temperature).softmax(-1).sort(descending: true, stable: true);
        int place = Sampler.DrawSorted(sorted.Floats(), total: 1, whole: true, sequence.Sampling, sequence.Uniform);
        int id = (int)order[place].item<long>();
        return new TokenLogProb(id, _logits[row, id].item<float>() - _normalizers[row]);
    }
}
