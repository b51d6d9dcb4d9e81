using System.Runtime.InteropServices;
using RewardReasoning.Models.Decoder;
using TorchSharp;
using static TorchSharp.torch;

namespace RewardReasoning.Models.Generation;

/// <summary>
/// Computes the prompts of several sequences: equal prompts once, a shared prefix once (or not at all where the prefix cache has it), the
/// rest side by side, padded on the left, in chunks where they are long. Use it without gradients.
/// </summary>
internal sealed class PrefillBatch : IDisposable
{
    /// <summary>A shared prefix shorter than this is not worth a step of its own.</summary>
    private const int ShortestShared = 32;
    private const int SpareColumns = 64;

    /// <summary>Bounds the attention mask of a chunk, which has an element for each token and each column up to it.</summary>
    private const long MostMaskElements = 1 << 25;

    private readonly DecoderModel _model;
    private readonly PrefixCache _prefixes;
    private readonly List<List<int>> _prompts = []; // without repetitions
    private readonly int _cached;
    private readonly int _shared; // computed, or found in the prefix cache, in one row
    private readonly int _length; // columns at the end, padding included
    private readonly int _chunkTokens;
    private readonly Tensor? _mask; // [prompts, length] bool
    private KvTensors? _cache;

    /// <param name="model">The model.</param>
    /// <param name="prefixes">Keys and values of earlier prompts.</param>
    /// <param name="sequences">Sequences that wait for their first token.</param>
    /// <param name="chunkTokens">Most tokens in one step, padding included; at least one column goes in each.</param>
    public PrefillBatch(DecoderModel model, PrefixCache prefixes, IReadOnlyList<Sequence> sequences, int chunkTokens)
    {
        (_model, _prefixes) = (model, prefixes);
        _chunkTokens = chunkTokens;
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
                ? prefixes.Find(CollectionsMarshal.AsSpan(_prompts[0])[..common], ShortestShared, _length + SpareColumns)
                : null;
        _cached = (int)(_cache?.Length ?? 0);
        _shared = _prompts.Count > 1 && common >= ShortestShared ? common : _cached;
        _mask = _prompts.Exists(prompt => prompt.Count < _length) ? Mask() : null;
        _cache ??= new KvTensors(model.Config, _length + SpareColumns);
        CountCached();
    }

    /// <summary>Sequences that wait for their first token.</summary>
    public IReadOnlyList<Sequence> Sequences { get; }

    /// <summary>The row of each sequence.</summary>
    public long[] RowOf { get; }

    /// <summary>Rows in the cache at the end.</summary>
    public int Rows => _prompts.Count;

    /// <summary>Columns in the cache at the end.</summary>
    public int Length => _length;

    /// <summary>Keys and values.</summary>
    public KvTensors Cache => _cache ?? throw new InvalidOperationException("The cache was taken already.");

    /// <summary>[rows, length] bool, true where there is a token; null if there is no padding.</summary>
    public Tensor? KeyMask => _mask;

    /// <summary>Hands the cache over; the caller disposes it.</summary>
    public KvTensors TakeCache()
    {
        KvTensors cache = Cache;
        _cache = null;
        return cache;
    }

    /// <summary>Computes the next chunk.</summary>
    /// <returns>The last hidden state of each row, [rows, H], in the caller's dispose scope; null while there is more to do.</returns>
    public Tensor? Advance()
    {
        KvTensors cache = Cache;
        int done = (int)cache.Length;
        bool inShared = done < _shared;
        int rows = inShared ? 1 : Rows;
        if (!inShared && done == _shared && rows > cache.Rows && _shared > 0)
        {
            cache.Select(zeros(rows, dtype: ScalarType.Int64, device: _model.Device));
        }

        int most = (int)Math.Min(_chunkTokens / rows, MostMaskElements / rows / _length);
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
            _prefixes.Add(CollectionsMarshal.AsSpan(_prompts[0])[..(int)cache.Length], cache);
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
                seen.Count == 0 ? _cached
                : seen.Contains(RowOf[i]) ? Sequences[i].PromptLength
                : _shared;
            Sequences[i].CachedPromptTokens = Math.Min(cached, Sequences[i].PromptLength);
            seen.Add(RowOf[i]);
        }
    }
}
