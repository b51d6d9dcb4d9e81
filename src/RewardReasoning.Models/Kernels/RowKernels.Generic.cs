using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace RewardReasoning.Models.Kernels;

/// <inheritdoc/>
/// <typeparam name="TV">The vectors' operations.</typeparam>
/// <typeparam name="V">A vector.</typeparam>
internal sealed unsafe class RowKernels<TV, V> : RowKernels
    where TV : struct, IVectors<V>
    where V : struct
{
    private const int BlockOutputs = 16;

    public override int Width => TV.Count;

    public override void AddProducts(in WeightMatrix weights, int from, int to, float* x, int rows, float* y, int stride)
    {
        if (weights.IsBFloat16)
        {
            AddProducts((ushort*)weights.Data, weights.Inputs, from, to, x, rows, y, stride);
        }
        else
        {
            AddProducts((float*)weights.Data, weights.Inputs, from, to, x, rows, y, stride);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public override void Normalise(float* x, in WeightMatrix weight, double epsilon, float* y)
    {
        int count = weight.Inputs,
            whole = count / TV.Count * TV.Count;
        V squares = TV.Of(0);
        for (int i = 0; i < whole; i += TV.Count)
        {
            V at = TV.Load(x + i);
            squares = TV.AddProduct(at, at, squares);
        }

        float sum = TV.Sum(squares);
        for (int i = whole; i < count; i++)
        {
            sum += x[i] * x[i];
        }

        float factor = 1 / MathF.Sqrt((sum / count) + (float)epsilon);
        if (weight.IsBFloat16)
        {
            MultiplyBy((ushort*)weight.Data, x, count, factor, y);
        }
        else
        {
            MultiplyBy((float*)weight.Data, x, count, factor, y);
        }
    }

    public override void CopyRow(in WeightMatrix weights, int row, float* y)
    {
        nint from = (nint)row * weights.Inputs;
        if (weights.IsBFloat16)
        {
            ushort* numbers = (ushort*)weights.Data + from;
            for (int i = 0; i < weights.Inputs; i++)
            {
                y[i] = Widen(numbers[i]);
            }
        }
        else
        {
            new ReadOnlySpan<float>((float*)weights.Data + from, weights.Inputs).CopyTo(new Span<float>(y, weights.Inputs));
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public override void GateUp(float* gate, float* up, int count, float* y)
    {
        int i = 0;
        V one = TV.Of(1),
            minus = TV.Of(-1);
        for (; i + TV.Count <= count; i += TV.Count)
        {
            V g = TV.Load(gate + i);
            V silu = TV.Divide(g, TV.Add(one, TV.Exp(TV.Multiply(g, minus))));
            TV.Store(TV.Multiply(silu, TV.Load(up + i)), y + i);
        }

        for (; i < count; i++)
        {
            y[i] = gate[i] / (1 + MathF.Exp(-gate[i])) * up[i];
        }
    }

    public override void Rotate(float* x, float* cosine, float* signedSine, int dimension, float scale, float* y)
    {
        int half = dimension / 2;
        if (half % TV.Count != 0)
        {
            for (int i = 0; i < dimension; i++)
            {
                y[i] = scale * ((x[i] * cosine[i]) + (x[i < half ? i + half : i - half] * signedSine[i]));
            }

            return;
        }

        V factor = TV.Of(scale);
        for (int i = 0; i < dimension; i += TV.Count)
        {
            float* opposite = x + (i < half ? i + half : i - half);
            V turned = TV.AddProduct(TV.Load(opposite), TV.Load(signedSine + i), TV.Multiply(TV.Load(x + i), TV.Load(cosine + i)));
            TV.Store(TV.Multiply(turned, factor), y + i);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public override void Score(float* queries, int count, int dimension, ReadOnlySpan<nint> pages, float* scores, int stride)
    {
        int perPage = PageTokens / TV.Count,
            vectors = pages.Length * perPage,
            query = 0;
        for (; query + 4 <= count; query += 4)
        {
            for (int at = 0; at < vectors; at += 2)
            {
                int next = Math.Min(at + 1, vectors - 1);
                Score4x2(
                    queries + (query * dimension),
                    dimension,
                    Keys(pages, at),
                    Keys(pages, next),
                    scores + (query * stride),
                    stride,
                    at,
                    next
                );
            }
        }

        for (; query < count; query++)
        {
            for (int at = 0; at < vectors; at += 4)
            {
                int last = vectors - 1;
                (int b, int c, int d) = (Math.Min(at + 1, last), Math.Min(at + 2, last), Math.Min(at + 3, last));
                float* to = scores + (query * stride);
                (V first, V second, V third, V fourth) = Score1x4(
                    queries + (query * dimension),
                    dimension,
                    Keys(pages, at),
                    Keys(pages, b),
                    Keys(pages, c),
                    Keys(pages, d)
                );
                TV.Store(first, to + (at * TV.Count));
                TV.Store(second, to + (b * TV.Count));
                TV.Store(third, to + (c * TV.Count));
                TV.Store(fourth, to + (d * TV.Count));
            }
        }

        float* Keys(ReadOnlySpan<nint> pages, int vector) => (float*)pages[vector / perPage] + (vector % perPage * TV.Count);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public override void Exponentiate(float* scores, int count, ref float peak, ref float total, float* mixed, int dimension)
    {
        int padded = (count + TV.Count - 1) / TV.Count * TV.Count;
        new Span<float>(scores + count, padded - count).Fill(float.NegativeInfinity);
        V most = TV.Load(scores);
        for (int i = TV.Count; i < padded; i += TV.Count)
        {
            most = TV.Max(most, TV.Load(scores + i));
        }

        float largest = MathF.Max(peak, TV.Largest(most));
        if (largest > peak && !float.IsNegativeInfinity(peak))
        {
            float shrink = MathF.Exp(peak - largest);
            total *= shrink;
            Scale(mixed, dimension, shrink);
        }

        peak = largest;
        V shift = TV.Of(-largest),
            sum = TV.Of(0);
        for (int i = 0; i < padded; i += TV.Count)
        {
            V share = TV.Exp(TV.Add(TV.Load(scores + i), shift));
            TV.Store(share, scores + i);
            sum = TV.Add(sum, share);
        }

        total += TV.Sum(sum);
    }

    public override void Mix(float* shares, int stride, int count, ReadOnlySpan<nint> pages, int tokens, int dimension, float* mixed)
    {
        int last = dimension - TV.Count,
            query = 0;
        for (; query + 4 <= count; query += 4)
        {
            for (int column = 0; column < dimension; column += 2 * TV.Count)
            {
                Mix4x2(
                    shares + (query * stride),
                    stride,
                    pages,
                    tokens,
                    dimension,
                    column,
                    Math.Min(column + TV.Count, last),
                    mixed + (query * dimension)
                );
            }
        }

        for (; query < count; query++)
        {
            for (int column = 0; column < dimension; column += 4 * TV.Count)
            {
                Mix1x4(shares + (query * stride), pages, tokens, dimension, column, last, mixed + (query * dimension));
            }
        }
    }

    public override void Scale(float* x, int count, float factor)
    {
        V times = TV.Of(factor);
        int i = 0;
        for (; i + TV.Count <= count; i += TV.Count)
        {
            TV.Store(TV.Multiply(TV.Load(x + i), times), x + i);
        }

        for (; i < count; i++)
        {
            x[i] *= factor;
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void AddProducts<T>(T* weights, int inputs, int from, int to, float* x, int rows, float* y, int stride)
        where T : unmanaged
    {
        // The weights of a few outputs stay in the second cache while all rows pass by, some of which stay in the first. Meanwhile the
        // weights to come are fetched, a share with each group of rows, so that memory and arithmetic are busy at the same time.
        int whole = inputs / TV.Count * TV.Count,
            quads = from + ((to - from) / 4 * 4),
            group = TV.HasManyRegisters ? 4 : 3,
            shares = Math.Min((rows + group - 1) / group, BlockOutputs / 4);
        for (int block = from; block < quads; block += BlockOutputs)
        {
            int end = Math.Min(block + BlockOutputs, quads);
            for (int row = 0, pass = 0; row < rows; pass++)
            {
                float* xs = x + ((nint)row * inputs);
                float* ys = y + ((nint)row * stride);
                int size = Math.Min(group, rows - row);
                for (int output = block; output < end; output += 4)
                {
                    T* w = weights + ((nint)output * inputs);
                    T* next = (output - block) / 4 % shares == pass ? w + ((nint)BlockOutputs * inputs) : w;
                    if (size == 4)
                    {
                        Tile4x4(w, inputs, xs, whole, ys + output, stride, next);
                    }
                    else if (size == 3)
                    {
                        Tile4x3(w, inputs, xs, whole, ys + output, stride, next);
                    }
                    else if (size == 2)
                    {
                        Tile4x2(w, inputs, xs, whole, ys + output, stride, next);
                    }
                    else
                    {
                        Tile4x1(w, inputs, xs, whole, ys + output, next);
                    }
                }

                row += size;
            }
        }

        if (quads < to || whole < inputs)
        {
            AddRest(weights, inputs, from, quads, to, whole, x, rows, y, stride);
        }
    }

    /// <summary>Outputs behind the last four, and inputs behind the last whole vector: shapes that no large model has.</summary>
    private static void AddRest<T>(T* weights, int inputs, int from, int quads, int to, int whole, float* x, int rows, float* y, int stride)
        where T : unmanaged
    {
        for (int row = 0; row < rows; row++)
        {
            for (int output = from; output < to; output++)
            {
                T* w = weights + ((nint)output * inputs);
                float* at = x + ((nint)row * inputs);
                float sum = 0;
                for (int i = output < quads ? whole : 0; i < inputs; i++)
                {
                    sum += Widen(w[i]) * at[i];
                }

                y[((nint)row * stride) + output] += sum;
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Tile4x4<T>(T* w, nint inputs, float* x, nint whole, float* y, nint stride, T* next)
        where T : unmanaged
    {
        V zero = TV.Of(0);
        (V a0, V a1, V a2, V a3) = (zero, zero, zero, zero);
        (V b0, V b1, V b2, V b3) = (zero, zero, zero, zero);
        (V c0, V c1, V c2, V c3) = (zero, zero, zero, zero);
        (V d0, V d1, V d2, V d3) = (zero, zero, zero, zero);
        T* w1 = w + inputs,
            w2 = w1 + inputs,
            w3 = w2 + inputs;
        float* x1 = x + inputs,
            x2 = x1 + inputs,
            x3 = x2 + inputs;
        for (nint i = 0; i < whole; i += TV.Count)
        {
            Prefetch(next + (4 * i));
            V v0 = Load(w + i),
                v1 = Load(w1 + i),
                v2 = Load(w2 + i),
                v3 = Load(w3 + i),
                at = TV.Load(x + i);
            a0 = TV.AddProduct(v0, at, a0);
            a1 = TV.AddProduct(v1, at, a1);
            a2 = TV.AddProduct(v2, at, a2);
            a3 = TV.AddProduct(v3, at, a3);
            at = TV.Load(x1 + i);
            b0 = TV.AddProduct(v0, at, b0);
            b1 = TV.AddProduct(v1, at, b1);
            b2 = TV.AddProduct(v2, at, b2);
            b3 = TV.AddProduct(v3, at, b3);
            at = TV.Load(x2 + i);
            c0 = TV.AddProduct(v0, at, c0);
            c1 = TV.AddProduct(v1, at, c1);
            c2 = TV.AddProduct(v2, at, c2);
            c3 = TV.AddProduct(v3, at, c3);
            at = TV.Load(x3 + i);
            d0 = TV.AddProduct(v0, at, d0);
            d1 = TV.AddProduct(v1, at, d1);
            d2 = TV.AddProduct(v2, at, d2);
            d3 = TV.AddProduct(v3, at, d3);
        }

        AddSums(a0, a1, a2, a3, y);
        AddSums(b0, b1, b2, b3, y + stride);
        AddSums(c0, c1, c2, c3, y + (2 * stride));
        AddSums(d0, d1, d2, d3, y + (3 * stride));
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Tile4x3<T>(T* w, nint inputs, float* x, nint whole, float* y, nint stride, T* next)
        where T : unmanaged
    {
        V zero = TV.Of(0);
        (V a0, V a1, V a2, V a3) = (zero, zero, zero, zero);
        (V b0, V b1, V b2, V b3) = (zero, zero, zero, zero);
        (V c0, V c1, V c2, V c3) = (zero, zero, zero, zero);
        T* w1 = w + inputs,
            w2 = w1 + inputs,
            w3 = w2 + inputs;
        float* x1 = x + inputs,
            x2 = x1 + inputs;
        for (nint i = 0; i < whole; i += TV.Count)
        {
            Prefetch(next + (4 * i));
            V first = TV.Load(x + i),
                second = TV.Load(x1 + i),
                third = TV.Load(x2 + i),
                v = Load(w + i);
            a0 = TV.AddProduct(v, first, a0);
            b0 = TV.AddProduct(v, second, b0);
            c0 = TV.AddProduct(v, third, c0);
            v = Load(w1 + i);
            a1 = TV.AddProduct(v, first, a1);
            b1 = TV.AddProduct(v, second, b1);
            c1 = TV.AddProduct(v, third, c1);
            v = Load(w2 + i);
            a2 = TV.AddProduct(v, first, a2);
            b2 = TV.AddProduct(v, second, b2);
            c2 = TV.AddProduct(v, third, c2);
            v = Load(w3 + i);
            a3 = TV.AddProduct(v, first, a3);
            b3 = TV.AddProduct(v, second, b3);
            c3 = TV.AddProduct(v, third, c3);
        }

        AddSums(a0, a1, a2, a3, y);
        AddSums(b0, b1, b2, b3, y + stride);
        AddSums(c0, c1, c2, c3, y + (2 * stride));
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Tile4x2<T>(T* w, nint inputs, float* x, nint whole, float* y, nint stride, T* next)
        where T : unmanaged
    {
        V zero = TV.Of(0);
        (V a0, V a1, V a2, V a3) = (zero, zero, zero, zero);
        (V b0, V b1, V b2, V b3) = (zero, zero, zero, zero);
        T* w1 = w + inputs,
            w2 = w1 + inputs,
            w3 = w2 + inputs;
        float* x1 = x + inputs;
        for (nint i = 0; i < whole; i += TV.Count)
        {
            Prefetch(next + (4 * i));
            V first = TV.Load(x + i),
                second = TV.Load(x1 + i),
                v = Load(w + i);
            a0 = TV.AddProduct(v, first, a0);
            b0 = TV.AddProduct(v, second, b0);
            v = Load(w1 + i);
            a1 = TV.AddProduct(v, first, a1);
            b1 = TV.AddProduct(v, second, b1);
            v = Load(w2 + i);
            a2 = TV.AddProduct(v, first, a2);
            b2 = TV.AddProduct(v, second, b2);
            v = Load(w3 + i);
            a3 = TV.AddProduct(v, first, a3);
            b3 = TV.AddProduct(v, second, b3);
        }

        AddSums(a0, a1, a2, a3, y);
        AddSums(b0, b1, b2, b3, y + stride);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Tile4x1<T>(T* w, nint inputs, float* x, nint whole, float* y, T* next)
        where T : unmanaged
    {
        V zero = TV.Of(0);
        (V a0, V a1, V a2, V a3) = (zero, zero, zero, zero);
        T* w1 = w + inputs,
            w2 = w1 + inputs,
            w3 = w2 + inputs;
        for (nint i = 0; i < whole; i += TV.Count)
        {
            Prefetch(next + (4 * i));
            V at = TV.Load(x + i);
            a0 = TV.AddProduct(Load(w + i), at, a0);
            a1 = TV.AddProduct(Load(w1 + i), at, a1);
            a2 = TV.AddProduct(Load(w2 + i), at, a2);
            a3 = TV.AddProduct(Load(w3 + i), at, a3);
        }

        AddSums(a0, a1, a2, a3, y);
    }

    /// <summary>Asks for as much of the weights to come as a turn of the loop reads of these four outputs'.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Prefetch<T>(T* next)
        where T : unmanaged
    {
        if (Sse.IsSupported)
        {
            Sse.Prefetch1(next);
            if (4 * TV.Count * sizeof(T) > 64)
            {
                Sse.Prefetch1((byte*)next + 64);
            }

            if (4 * TV.Count * sizeof(T) > 128)
            {
                Sse.Prefetch1((byte*)next + 128);
                Sse.Prefetch1((byte*)next + 192);
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void AddSums(V a, V b, V c, V d, float* y) => (TV.Sums(a, b, c, d) + Vector128.Load(y)).Store(y);

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Score4x2(float* queries, int dimension, float* keys, float* next, float* scores, int stride, int at, int after)
    {
        V zero = TV.Of(0);
        (V a0, V a1, V b0, V b1) = (zero, zero, zero, zero);
        (V c0, V c1, V d0, V d1) = (zero, zero, zero, zero);
        float* q1 = queries + dimension,
            q2 = q1 + dimension,
            q3 = q2 + dimension;
        for (nint i = 0; i < dimension; i++)
        {
            V first = TV.Load(keys + (i * PageTokens)),
                second = TV.Load(next + (i * PageTokens)),
                q = TV.Of(queries[i]);
            a0 = TV.AddProduct(q, first, a0);
            a1 = TV.AddProduct(q, second, a1);
            q = TV.Of(q1[i]);
            b0 = TV.AddProduct(q, first, b0);
            b1 = TV.AddProduct(q, second, b1);
            q = TV.Of(q2[i]);
            c0 = TV.AddProduct(q, first, c0);
            c1 = TV.AddProduct(q, second, c1);
            q = TV.Of(q3[i]);
            d0 = TV.AddProduct(q, first, d0);
            d1 = TV.AddProduct(q, second, d1);
        }

        (at, after) = (at * TV.Count, after * TV.Count);
        TV.Store(a0, scores + at);
        TV.Store(a1, scores + after);
        TV.Store(b0, scores + stride + at);
        TV.Store(b1, scores + stride + after);
        TV.Store(c0, scores + (2 * stride) + at);
        TV.Store(c1, scores + (2 * stride) + after);
        TV.Store(d0, scores + (3 * stride) + at);
        TV.Store(d1, scores + (3 * stride) + after);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static (V A, V B, V C, V D) Score1x4(float* query, int dimension, float* first, float* second, float* third, float* fourth)
    {
        V zero = TV.Of(0);
        (V a, V b, V c, V d) = (zero, zero, zero, zero);
        for (nint i = 0; i < dimension; i++)
        {
            V q = TV.Of(query[i]);
            a = TV.AddProduct(q, TV.Load(first + (i * PageTokens)), a);
            b = TV.AddProduct(q, TV.Load(second + (i * PageTokens)), b);
            c = TV.AddProduct(q, TV.Load(third + (i * PageTokens)), c);
            d = TV.AddProduct(q, TV.Load(fourth + (i * PageTokens)), d);
        }

        return (a, b, c, d);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Mix4x2(
        float* shares,
        int stride,
        ReadOnlySpan<nint> pages,
        int tokens,
        int dimension,
        int column,
        int next,
        float* mixed
    )
    {
        float* m1 = mixed + dimension,
            m2 = m1 + dimension,
            m3 = m2 + dimension;
        V a0 = TV.Load(mixed + column),
            a1 = TV.Load(mixed + next),
            b0 = TV.Load(m1 + column),
            b1 = TV.Load(m1 + next),
            c0 = TV.Load(m2 + column),
            c1 = TV.Load(m2 + next),
            d0 = TV.Load(m3 + column),
            d1 = TV.Load(m3 + next);
        for (int page = 0; page < pages.Length; page++)
        {
            float* values = (float*)pages[page];
            float* share = shares + (page * PageTokens);
            int count = Math.Min(PageTokens, tokens - (page * PageTokens));
            for (int token = 0; token < count; token++)
            {
                V first = TV.Load(values + column),
                    second = TV.Load(values + next),
                    times = TV.Of(share[0]);
                a0 = TV.AddProduct(times, first, a0);
                a1 = TV.AddProduct(times, second, a1);
                times = TV.Of(share[stride]);
                b0 = TV.AddProduct(times, first, b0);
                b1 = TV.AddProduct(times, second, b1);
                times = TV.Of(share[2 * stride]);
                c0 = TV.AddProduct(times, first, c0);
                c1 = TV.AddProduct(times, second, c1);
                times = TV.Of(share[3 * stride]);
                d0 = TV.AddProduct(times, first, d0);
                d1 = TV.AddProduct(times, second, d1);
                values += dimension;
                share++;
            }
        }

        TV.Store(a0, mixed + column);
        TV.Store(a1, mixed + next);
        TV.Store(b0, m1 + column);
        TV.Store(b1, m1 + next);
        TV.Store(c0, m2 + column);
        TV.Store(c1, m2 + next);
        TV.Store(d0, m3 + column);
        TV.Store(d1, m3 + next);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Mix1x4(float* shares, ReadOnlySpan<nint> pages, int tokens, int dimension, int column, int last, float* mixed)
    {
        int second = Math.Min(column + TV.Count, last),
            third = Math.Min(column + (2 * TV.Count), last),
            fourth = Math.Min(column + (3 * TV.Count), last);
        V a = TV.Load(mixed + column),
            b = TV.Load(mixed + second),
            c = TV.Load(mixed + third),
            d = TV.Load(mixed + fourth);
        for (int page = 0; page < pages.Length; page++)
        {
            float* values = (float*)pages[page];
            float* share = shares + (page * PageTokens);
            int count = Math.Min(PageTokens, tokens - (page * PageTokens));
            for (int token = 0; token < count; token++)
            {
                V times = TV.Of(share[token]);
                a = TV.AddProduct(times, TV.Load(values + column), a);
                b = TV.AddProduct(times, TV.Load(values + second), b);
                c = TV.AddProduct(times, TV.Load(values + third), c);
                d = TV.AddProduct(times, TV.Load(values + fourth), d);
                values += dimension;
            }
        }

        TV.Store(a, mixed + column);
        TV.Store(b, mixed + second);
        TV.Store(c, mixed + third);
        TV.Store(d, mixed + fourth);
    }

    private static void MultiplyBy<T>(T* weight, float* x, int count, float factor, float* y)
        where T : unmanaged
    {
        V times = TV.Of(factor);
        int i = 0;
        for (; i + TV.Count <= count; i += TV.Count)
        {
            TV.Store(TV.Multiply(TV.Multiply(TV.Load(x + i), times), Load(weight + i)), y + i);
        }

        for (; i < count; i++)
        {
            y[i] = x[i] * factor * Widen(weight[i]);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static V Load<T>(T* from)
        where T : unmanaged => typeof(T) == typeof(float) ? TV.Load((float*)from) : TV.LoadBFloat16((ushort*)from);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static float Widen<T>(T number)
        where T : unmanaged =>
        typeof(T) == typeof(float)
            ? Unsafe.BitCast<T, float>(number)
            : BitConverter.UInt32BitsToSingle((uint)Unsafe.BitCast<T, ushort>(number) << 16);
}
