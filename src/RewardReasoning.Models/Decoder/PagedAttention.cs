using System.Buffers;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using RewardReasoning.Models.Tensors;
using static TorchSharp.torch;
using TensorPrimitives = System.Numerics.Tensors.TensorPrimitives;

namespace RewardReasoning.Models.Decoder;

/// <summary>
/// Attention of one new token in each of several sequences, on the processor. Each sequence has a length of its own, nothing is padded or
/// masked, and the completions of a prompt read the same pages. libtorch's products would be called once for each sequence and head and
/// spend most of their time on that: this takes less than half the time (<c>bench rollouts</c>).
/// </summary>
/// <param name="layout">Shape of the pages.</param>
/// <param name="rows">The sequences, in the order of the rows of every tensor.</param>
/// <param name="cosine">[positions, D], as far as the longest sequence.</param>
/// <param name="signedSine">Like the cosine; see <see cref="RotaryEmbedding"/>.</param>
internal sealed class PagedAttention(KvPageLayout layout, IReadOnlyList<PagedKvRow> rows, float[] cosine, float[] signedSine)
{
    private readonly int _dimension = layout.Dimension;
    private readonly float _scale = (float)(1 / Math.Sqrt(layout.Dimension));
    private readonly int _longest = rows.Max(row => row.Length + 1);

    /// <summary>Whether heads of that size can be computed here: whole vectors of eight, in two halves that turn.</summary>
    public static bool Supports(DecoderConfig config) => config.HeadDimension % (2 * Vector256<float>.Count) == 0;

    /// <summary>
    /// Takes up each row's new key and value, and mixes the values that its queries look at. Keys and queries come unturned.
    /// </summary>
    /// <param name="layer">Whose pages.</param>
    /// <param name="query">[rows, heads · D].</param>
    /// <param name="key">[rows, kv heads · D].</param>
    /// <param name="value">[rows, kv heads · D].</param>
    /// <returns>[rows, heads · D] in the type of the query.</returns>
    public Tensor Apply(int layer, Tensor query, Tensor key, Tensor value)
    {
        using Projections projections = new(query, key, value);
        int threads = get_num_threads();
        if (threads == 1)
        {
            Scratch scratch = new(layout, _longest);
            for (int row = 0; row < rows.Count; row++)
            {
                AttendRow(layer, row, projections, scratch);
            }
        }
        else
        {
            _ = Parallel.For(
                0,
                rows.Count,
                new ParallelOptions { MaxDegreeOfParallelism = threads },
                () => new Scratch(layout, _longest),
                (row, _, scratch) => AttendRow(layer, row, projections, scratch),
                _ => { }
            );
        }

        Tensor mixed = empty(query.numel(), dtype: ScalarType.Float32);
        projections.Mixed.AsSpan(0, (int)query.numel()).CopyTo(MemoryMarshal.Cast<byte, float>(mixed.bytes));
        return mixed.view(rows.Count, -1).to(query.dtype);
    }

    private Scratch AttendRow(int layer, int row, Projections projections, Scratch scratch)
    {
        int width = layout.Group * _dimension;
        for (int head = 0; head < layout.KeyValueHeads; head++)
        {
            int at = (row * layout.KeyValueHeads) + head;
            Range own = (at * _dimension)..((at + 1) * _dimension),
                queries = (at * width)..((at + 1) * width);
            Turn(projections.Keys.AsSpan(own), rows[row].Length * _dimension, 1, scratch.Key);
            rows[row].Own.Write(layer, head, 0, scratch.Key, projections.Values.AsSpan(own));
            AttendHead(
                layout.Keys(layer, head),
                rows[row],
                projections.Queries.AsSpan(queries),
                projections.Mixed.AsSpan(queries),
                scratch
            );
        }

        return scratch;
    }

    /// <summary>Lets the queries [group, D] of one key head look at a sequence and its new token.</summary>
    private void AttendHead(int keys, PagedKvRow row, ReadOnlySpan<float> queries, Span<float> mixed, Scratch scratch)
    {
        int shared = row.Prompt.Length,
            own = row.Own.Length + 1,
            values = keys + layout.ValuesBehindKeys;
        float[] scores = scratch.Scores;
        for (int from = 0; from < queries.Length; from += _dimension)
        {
            Turn(queries.Slice(from, _dimension), row.Length * _dimension, _scale, scratch.Query);

            // What a part's last page writes beyond its tokens, the next part overwrites or nobody reads.
            Score(ref scratch.Query[0], row.Prompt.Pages, keys, shared, ref scores[0]);
            Score(ref scratch.Query[0], row.Own.Pages, keys, own, ref scores[shared]);
            float whole = Exponentiate(scores, shared + own);
            Span<float> output = mixed.Slice(from, _dimension);
            Mix(row.Prompt.Pages, values, shared, ref scores[0], ref output[0]);
            Mix(row.Own.Pages, values, own, ref scores[shared], ref output[0]);
            TensorPrimitives.Divide(output, whole, output);
        }
    }

    /// <summary>scale · (x cos + roll(x, D/2) sine).</summary>
    private void Turn(ReadOnlySpan<float> x, int at, float scale, Span<float> turned)
    {
        int half = _dimension / 2;
        ref float cos = ref cosine[at];
        ref float sine = ref signedSine[at];
        ref float from = ref MemoryMarshal.GetReference(x);
        ref float to = ref MemoryMarshal.GetReference(turned);
        for (int i = 0; i < _dimension; i += Vector256<float>.Count)
        {
            nuint here = (nuint)i,
                opposite = (nuint)(i < half ? i + half : i - half);
            Vector256<float> product = Vector256.LoadUnsafe(ref from, here) * Vector256.LoadUnsafe(ref cos, here);
            Vector256<float> sum = product + (Vector256.LoadUnsafe(ref from, opposite) * Vector256.LoadUnsafe(ref sine, here));
            (sum * scale).StoreUnsafe(ref to, here);
        }
    }

    /// <summary>The products of a query with the first keys of some pages.</summary>
    private void Score(ref float query, IReadOnlyList<float[]> pages, int offset, int count, ref float scores)
    {
        for (int first = 0; first < count; first += KvPageLayout.Tokens)
        {
            ref float keys = ref pages[first / KvPageLayout.Tokens][offset];
            Vector256<float> low = Vector256<float>.Zero,
                high = low,
                low2 = low,
                high2 = low;
            for (int i = 0; i < _dimension; i += 2)
            {
                nuint at = (nuint)(i * KvPageLayout.Tokens);
                Vector256<float> q = Vector256.Create(Unsafe.Add(ref query, i)),
                    next = Vector256.Create(Unsafe.Add(ref query, i + 1));
                low = Vector256.MultiplyAddEstimate(q, Vector256.LoadUnsafe(ref keys, at), low);
                high = Vector256.MultiplyAddEstimate(q, Vector256.LoadUnsafe(ref keys, at + 8), high);
                low2 = Vector256.MultiplyAddEstimate(next, Vector256.LoadUnsafe(ref keys, at + 16), low2);
                high2 = Vector256.MultiplyAddEstimate(next, Vector256.LoadUnsafe(ref keys, at + 24), high2);
            }

            (low + low2).StoreUnsafe(ref scores, (nuint)first);
            (high + high2).StoreUnsafe(ref scores, (nuint)first + 8);
        }
    }

    /// <summary>Turns the first scores into exp(score − largest), and returns their sum.</summary>
    private static float Exponentiate(float[] scores, int count)
    {
        int width = Vector256<float>.Count,
            padded = (count + width - 1) / width * width;
        scores.AsSpan(count, padded - count).Fill(float.NegativeInfinity);
        ref float first = ref scores[0];
        Vector256<float> largest = Vector256.LoadUnsafe(ref first);
        for (int i = width; i < padded; i += width)
        {
            largest = Vector256.Max(largest, Vector256.LoadUnsafe(ref first, (nuint)i));
        }

        float peak = largest[0];
        for (int i = 1; i < width; i++)
        {
            peak = MathF.Max(peak, largest[i]);
        }

        Vector256<float> shift = Vector256.Create(peak),
            sum = Vector256<float>.Zero;
        for (int i = 0; i < padded; i += width)
        {
            Vector256<float> share = Vector256.Exp(Vector256.LoadUnsafe(ref first, (nuint)i) - shift);
            share.StoreUnsafe(ref first, (nuint)i);
            sum += share;
        }

        return Vector256.Sum(sum);
    }

    /// <summary>Adds the first values of some pages, each times its score.</summary>
    private void Mix(IReadOnlyList<float[]> pages, int offset, int count, ref float shares, ref float mixed)
    {
        for (int first = 0; first < count; first += KvPageLayout.Tokens)
        {
            ref float values = ref pages[first / KvPageLayout.Tokens][offset];
            int tokens = Math.Min(KvPageLayout.Tokens, count - first);
            int column = 0;
            for (; column + 32 <= _dimension; column += 32)
            {
                ref float to = ref Unsafe.Add(ref mixed, column);
                Vector256<float> a = Vector256.LoadUnsafe(ref to),
                    b = Vector256.LoadUnsafe(ref to, 8),
                    c = Vector256.LoadUnsafe(ref to, 16),
                    d = Vector256.LoadUnsafe(ref to, 24);
                for (int token = 0; token < tokens; token++)
                {
                    nuint at = (nuint)((token * _dimension) + column);
                    Vector256<float> share = Vector256.Create(Unsafe.Add(ref shares, first + token));
                    a = Vector256.MultiplyAddEstimate(share, Vector256.LoadUnsafe(ref values, at), a);
                    b = Vector256.MultiplyAddEstimate(share, Vector256.LoadUnsafe(ref values, at + 8), b);
                    c = Vector256.MultiplyAddEstimate(share, Vector256.LoadUnsafe(ref values, at + 16), c);
                    d = Vector256.MultiplyAddEstimate(share, Vector256.LoadUnsafe(ref values, at + 24), d);
                }

                a.StoreUnsafe(ref to);
                b.StoreUnsafe(ref to, 8);
                c.StoreUnsafe(ref to, 16);
                d.StoreUnsafe(ref to, 24);
            }

            for (; column < _dimension; column += 8)
            {
                ref float to = ref Unsafe.Add(ref mixed, column);
                Vector256<float> sum = Vector256.LoadUnsafe(ref to);
                for (int token = 0; token < tokens; token++)
                {
                    sum = Vector256.MultiplyAddEstimate(
                        Vector256.Create(Unsafe.Add(ref shares, first + token)),
                        Vector256.LoadUnsafe(ref values, (nuint)((token * _dimension) + column)),
                        sum
                    );
                }

                sum.StoreUnsafe(ref to);
            }
        }
    }

    /// <summary>
    /// Queries, keys and values of the new tokens, each [rows, heads, D], and the result of attention, zeros at first. Arrays, since
    /// several threads read and write them.
    /// </summary>
    private sealed class Projections(Tensor query, Tensor key, Tensor value) : IDisposable
    {
        public float[] Queries { get; } = Copy(query);

        public float[] Keys { get; } = Copy(key);

        public float[] Values { get; } = Copy(value);

        public float[] Mixed { get; } = Zeros((int)query.numel());

        public void Dispose()
        {
            foreach (float[] rented in new[] { Queries, Keys, Values, Mixed })
            {
                ArrayPool<float>.Shared.Return(rented);
            }
        }

        private static float[] Copy(Tensor x)
        {
            float[] copy = ArrayPool<float>.Shared.Rent((int)x.numel());
            x.Floats().CopyTo(copy);
            return copy;
        }

        private static float[] Zeros(int count)
        {
            float[] zeros = ArrayPool<float>.Shared.Rent(count);
            Array.Clear(zeros, 0, count);
            return zeros;
        }
    }

    /// <summary>Room of one thread.</summary>
    private sealed class Scratch(KvPageLayout layout, int longest)
    {
        public float[] Query { get; } = new float[layout.Dimension];

        public float[] Key { get; } = new float[layout.Dimension];

        public float[] Scores { get; } = new float[longest + (2 * KvPageLayout.Tokens)];
    }
}
