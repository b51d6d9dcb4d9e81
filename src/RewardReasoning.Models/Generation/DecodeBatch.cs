using RewardReasoning.Models.Decoder;
using TorchSharp;
using static TorchSharp.torch;

namespace RewardReasoning.Models.Generation;

/// <summary>The running sequences of a worker: each grows by one token a step. Use it without gradients.</summary>
internal sealed class DecodeBatch(DecoderModel model) : IDisposable
{
    private readonly KvCache _cache = KvCache.For(model);
    private readonly List<(Sequence Sequence, KvRow Row)> _running = []; // oldest first

    /// <summary>How many sequences run.</summary>
    public int Count => _running.Count;

    /// <summary>The running sequences, oldest first.</summary>
    public IEnumerable<Sequence> Sequences => _running.Select(entry => entry.Sequence);

    /// <summary>
    /// Tokens that the KV cache would hold if more sequences with prompts of that length joined and all grew by one.
    /// </summary>
    public long TokensWith(int sequences, int promptLength) => _cache.TokensWith(sequences, promptLength);

    /// <summary>Adds the unfinished sequences of a prefill.</summary>
    public void Join(PrefillBatch prompts)
    {
        int[] going = [.. Enumerable.Range(0, prompts.Sequences.Count).Where(i => !prompts.Sequences[i].IsOver)];
        if (going.Length > 0)
        {
            IReadOnlyList<KvRow> rows = _cache.Take(prompts.TakeCache(), prompts.KeyMask, [.. going.Select(i => prompts.RowOf[i])]);
            _running.AddRange(going.Zip(rows, (i, row) => (prompts.Sequences[i], row)));
        }
    }

    /// <summary>Computes the next token of every sequence.</summary>
    public void Step()
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor logits = _cache.Next(
            model,
            [.. _running.Select(entry => entry.Row)],
            [.. _running.Select(entry => entry.Sequence.Tokens[^1])]
        ); // [B, V]
        StepLogits step = new(logits, [.. Sequences]);
        for (int row = 0; row < _running.Count; row++)
        {
            if (!_running[row].Sequence.IsOver)
            {
                _running[row].Sequence.Advance(step, row);
            }
        }

        DropFinished();
    }

    /// <summary>Removes sequences that are over.</summary>
    public void DropFinished()
    {
        for (int i = _running.Count - 1; i >= 0; i--)
        {
            if (_running[i].Sequence.IsOver)
            {
                _cache.End(_running[i].Row);
                _running.RemoveAt(i);
            }
        }
    }

    /// <summary>Removes the sequence that joined last; it keeps its tokens.</summary>
    public Sequence RemoveYoungest()
    {
        (Sequence sequence, KvRow row) = _running[^1];
        _running.RemoveAt(_running.Count - 1);
        _cache.End(row);
        return sequence;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _running.Clear();
        _cache.Dispose();
    }
}
