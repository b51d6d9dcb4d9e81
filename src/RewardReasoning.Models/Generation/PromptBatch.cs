using RewardReasoning.Models.Decoder;

using TorchSharp;

using static TorchSharp.torch;

namespace RewardReasoning.Models.Generation;

/// <summary>
/// Computes the prompts of several sequences: equal ones once, a common beginning once, the rest side by side and padded on the left, in
/// pieces where they are long. Use it without gradients.
/// </summary>
internal sealed class PromptBatch : IDisposable
{
    /// <summary>A common beginning shorter than this is not worth a step of its own.</summary>
    private const int ShortestShared = 32;

    private readonly DecoderModel _model;
    private readonly List<List<int>> _prompts = []; // without repetitions
    private readonly int _shared;
    private readonly int _length; // columns at the end, padding included
    private readonly int _pieceTokens;
    private readonly Tensor? _mask; // [prompts, length] bool

    /// <param name="model">Computes.</param>
    /// <param name="sequences">What waits for its first token.</param>
    /// <param name="pieceTokens">Most tokens in one step, padding included; at least one column goes in each.</param>
    public PromptBatch(DecoderModel model, IReadOnlyList<Sequence> sequences, int pieceTokens)
    {
        _model = model;
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

        int common = _prompts.Aggregate(_prompts[0].Count - 1, (length, prompt) => CommonLength(_prompts[0], prompt, Math.Min(length, prompt.Count - 1)));
        _shared = _prompts.Count > 1 && common >= ShortestShared ? common : 0;
        _length = _prompts.Max(prompt => prompt.Count);
        _mask = _prompts.Exists(prompt => prompt.Count < _length) ? Mask() : null;
        Cache = new KeyValueCache(model.Config, _length + 64);
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

    /// <summary>Keys and values; the one who takes them over disposes them.</summary>
    public KeyValueCache? Cache { get; private set; }

    /// <summary>[rows, length] bool, true where there is a token; null where there is no padding.</summary>
    public Tensor? KeyMask => _mask;

    /// <summary>Hands the cache over.</summary>
    public KeyValueCache TakeCache()
    {
        KeyValueCache cache = Cache ?? throw new InvalidOperationException("The cache was taken already.");
        Cache = null;
        return cache;
    }

    /// <summary>Computes the next piece.</summary>
    /// <returns>The last hidden state of each row, [rows, H], in the caller's dispose scope; null while there is more to do.</returns>
    public Tensor? Advance()
    {
        KeyValueCache cache = Cache ?? throw new InvalidOperationException("The cache was taken already.");
        int done = (int)cache.Length;
        bool inShared = done < _shared;
        int rows = inShared ? 1 : Rows;
        if (!inShared && done == _shared && _shared > 0)
        {
            using Tensor first = zeros(rows, dtype: ScalarType.Int64, device: _model.Device);
            cache.Select(first);
        }

        int count = Math.Min((inShared ? _shared : _length) - done, Math.Max(1, _pieceTokens / rows));
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

        Tensor hidden = _model.HiddenCached(
            tensor(ids, device: _model.Device).view(rows, count),
            tensor(positions, device: _model.Device).view(rows, count),
            inShared ? null : _mask?.narrow(1, 0, done + count),
            cache); // [rows, count, H]
        return done + count == _length ? hidden.select(1, -1) : null;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Cache?.Dispose();
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
            int cached = seen.Count == 0 ? 0 : seen.Contains(RowOf[i]) ? Sequences[i].PromptLength : _shared;
            Sequences[i].CachedPromptTokens = Math.Min(cached, Sequences[i].PromptLength);
            seen.Add(RowOf[i]);
        }
    }
}
