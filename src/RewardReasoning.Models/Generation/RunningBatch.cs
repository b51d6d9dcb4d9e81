using RewardReasoning.Models.Decoder;
using TorchSharp;
using static TorchSharp.torch;

namespace RewardReasoning.Models.Generation;

/// <summary>The sequences that grow by one token a step. Use it without gradients.</summary>
internal sealed class RunningBatch(DecoderModel model) : IDisposable
{
    private readonly DecodingMemory _memory = DecodingMemory.For(model);
    private readonly List<(Sequence Sequence, DecodingRow Row)> _growing = []; // oldest first

    /// <summary>Sequences that grow.</summary>
    public int Count => _growing.Count;

    /// <summary>What grows, oldest first.</summary>
    public IEnumerable<Sequence> Sequences => _growing.Select(entry => entry.Sequence);

    /// <summary>
    /// Tokens for which there would be room in memory if more sequences joined behind prompts of that length and all grew by one.
    /// </summary>
    public long TokensWith(int sequences, int promptLength) => _memory.TokensWith(sequences, promptLength);

    /// <summary>Takes over the rows of computed prompts whose sequences go on.</summary>
    public void Join(PromptBatch prompts)
    {
        int[] going = [.. Enumerable.Range(0, prompts.Sequences.Count).Where(i => !prompts.Sequences[i].IsOver)];
        if (going.Length > 0)
        {
            IReadOnlyList<DecodingRow> rows = _memory.Take(prompts.TakeCache(), prompts.KeyMask, [.. going.Select(i => prompts.RowOf[i])]);
            _growing.AddRange(going.Zip(rows, (i, row) => (prompts.Sequences[i], row)));
        }
    }

    /// <summary>Computes the next token of every sequence.</summary>
    public void Step()
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor hidden = _memory.Next(
            model,
            [.. _growing.Select(entry => entry.Row)],
            [.. _growing.Select(entry => entry.Sequence.Tokens[^1])]
        ); // [B, H]
        StepScores scores = new(model.Logits(hidden), [.. Sequences]);
        for (int row = 0; row < _growing.Count; row++)
        {
            if (!_growing[row].Sequence.IsOver)
            {
                _growing[row].Sequence.Advance(scores, row);
            }
        }

        DropFinished();
    }

    /// <summary>Lets go of sequences that are over.</summary>
    public void DropFinished()
    {
        for (int i = _growing.Count - 1; i >= 0; i--)
        {
            if (_growing[i].Sequence.IsOver)
            {
                _memory.End(_growing[i].Row);
                _growing.RemoveAt(i);
            }
        }
    }

    /// <summary>Lets go of the sequence that came last; its tokens so far stay with it.</summary>
    public Sequence RemoveYoungest()
    {
        (Sequence sequence, DecodingRow row) = _growing[^1];
        _growing.RemoveAt(_growing.Count - 1);
        _memory.End(row);
        return sequence;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _growing.Clear();
        _memory.Dispose();
    }
}
