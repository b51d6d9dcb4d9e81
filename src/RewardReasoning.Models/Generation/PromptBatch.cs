using System.Runtime.InteropServices;
using RewardReasoning.Models.Decoder;
using TorchSharp;
using static TorchSharp.torch;

namespace RewardReasoning.Models.Generation;

/// <summary>
/// Computes the prompts of several sequences: equal ones once, a common beginning once, the rest side by side and padded on the left, in
/// pieces where they are long; what an earlier batch has computed is taken from there. Use it without gradients.
/// </summary>
internal sealed class PromptBatch : IDisposable
{
    /// <summary>A common beginning shorter than this is not worth a step of its own.</summary>
    private const int ShortestShared = 32;
    private const int SpareColumns = 64;

    /// <summary>Bounds the attention mask of a piece, which has an element for each token and each column up to it.</summary>
    private const long MostMaskElements = 1 << 25;

    private readonly DecoderModel _model;
    private readonly PromptMemory _memory;
    private readonly List<List<int>> _prompts = []; // without repetitions
    private readonly int _remembered;
    private readonly int _shared; // computed, or remembered, in one row
    private readonly int _length; // columns at the end, padding included
    private readonly int _pieceTokens;
    private readonly Tensor? _mask; // [prompts, length] bool
    private KeyValueCache? _cache;

    /// <param name="model">Computes.</param>
    /// <param name="memory">What was computed before.</param>
    /// <param name="sequences">What waits for its first token.</param>
    /// <param name="pieceTokens">Most tokens in one step, padding included; at least one column goes in each.</param>
    public PromptBatch(DecoderModel model, PromptMemory memory, IReadOnlyList<Sequence> sequences, int pieceTokens)
    {
        (_model, _memory) = (model, memory);
        _pieceTokens = pieceTokens;
        Sequences = sequences;
        RowOf = new long[sequences.Count];
        for (int i = 0; i < RowOf.Length; i++)
        {
            int known = _prompts.FindIndex(prompt => prompt.SequenceEqual(sequences[i].Tokens));
            RowOf[i] = known >= 0 ? known : _prompts.Count;
            if (known < 0)
            {
                _prompts.Add([.. sequences[i].Tokens]);
            }
        }

        int common = _prompts.Aggregate(
            _prompts[0].Count - 1,
            (length, prompt) => CommonLength(_prompts[0], prompt, Math.Min(length, prompt.Count - 1))
        );
        _length = _prompts.Max(prompt => prompt.Count);
        _cache =
            common >= ShortestShared
                ? memory.Recall(CollectionsMarshal.AsSpan(_prompts[0])[..common], ShortestShared, _length + SpareColumns)
                : null;
        _remembered = (int)(_cache?.Length ?? 0);
        _shared = _prompts.Count > 1 && common >= ShortestShared ? common : _remembered;
        _mask = _prompts.Exists(prompt => prompt.Count < _length) ? Mask() : null;
        _cache ??= new KeyValueCache(model.Config, _length + SpareColumns);
        CountCached();
    }

    /// <summary>What waits.</summary>
    public IReadOnlyList<Sequence> Sequences { get; }

    /// <summary>The row of each sequence.</summary>
    public long[] RowOf { get; }

    /// <summary>Rows in the cache at the end.</summary>
    public int Rows => _prompts.Count;

    /// <summary>Columns in the cache at the end.</summary>
    public int Length => _length;

    /// <summary>Keys and values.</summary>
    public KeyValueCache Cache => _cache ?? throw new InvalidOperationException("The cache was taken already.");

    /// <summary>[rows, length] bool, true where there is a token; null where there is no padding.</summary>
    public Tensor? KeyMask => _mask;

    /// <summary>Hands the cache over; whoever takes it disposes it.</summary>
    public KeyValueCache TakeCache()
    {
        KeyValueCache cache = Cache;
        _cache = null;
        return cache;
    }

    /// <summary>Computes the next piece.</summary>
    /// <returns>The last hidden state of each row, [rows, H], in the caller's dispose scope; null while there is more to do.</returns>
    public Tensor? Advance()
    {
        KeyValueCache cache = Cache;
        int done = (int)cache.Length;
        bool inShared = done < _shared;
        int rows = inShared ? 1 : Rows;
        if (!inShared && done == _shared && rows > cache.Rows && _shared > 0)
        {
            cache.Select(zeros(rows, dtype: ScalarType.Int64, device: _model.Device));
        }

        int most = (int)Math.Min(_pieceTokens / rows, MostMaskElements / rows / _length);
        int count = Math.Min((inShared ? _shared : _length) - done, Math.Max(1, most));
        long[] ids = new long[rows * count];
        long[] positions = new long[rows * count];
        for (int row = 0; row < rows; row++)
        {
            int padding = inShared ? 0 : _length - _prompts[row].Count;
            for (int i = 0; i < count; i++)
            {
                int column = done + i;
                int position = column < _shared ? column : Math.Max(_shared, column - padding);
                bool real = column < _shared || column >= _shared + padding;
                ids[(row * count) + i] = real ? _prompts[row][position] : 0;
                positions[(row * count) + i] = position;
            }
        }

        Tensor hidden = _model.LastHiddenCached(
            tensor(ids, device: _model.Device).view(rows, count),
            tensor(positions, device: _model.Device).view(rows, count),
            inShared ? null : _mask?.narrow(1, 0, done + count),
            cache
        ); // [rows, 1, H]
        if (cache.Rows == 1 && cache.Length == (Rows == 1 ? _length : _shared))
        {
            _memory.Keep(CollectionsMarshal.AsSpan(_prompts[0])[..(int)cache.Length], cache);
        }

        return done + count == _length ? hidden.squeeze(1) : null;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _cache?.Dispose();
        _mask?.Dispose();
    }

    private static int CommonLength(List<int> a, List<int> b, int limit)
    {
        int length = 0;
        while (length < limit && a[length] == b[length])
        {
            length++;
        }

        return length;
    }

    private Tensor Mask()
    {
        using DisposeScope scope = NewDisposeScope();
        bool[] real = new bool[Rows * _length];
        for (int row = 0; row < Rows; row++)
        {
            int padding = _length - _prompts[row].Count;
            for (int column = 0; column < _length; column++)
            {
                real[(row * _length) + column] = column < _shared || column >= _shared + padding;
            }
        }

        return tensor(real, device: _model.Device).view(Rows, _length).DetachFromDisposeScope();
    }

    private void CountCached()
    {
        HashSet<long> seen = [];
        for (int i = 0; i < Sequences.Count; i++)
        {
            int cached =
                seen.Count == 0 ? _remembered
                : seen.Contains(RowOf[i]) ? Sequences[i].PromptLength
                : _shared;
            Sequences[i].CachedPromptTokens = Math.Min(cached, Sequences[i].PromptLength);
            seen.Add(RowOf[i]);
        }
    }
}
