using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace RewardReasoning.Models.Kernels;

/// <summary>
/// Products of 8-bit weights for few rows on the processor, one implementation for each width of its vectors. Products and their sums are
/// whole numbers, so exact: nothing is lost but what <see cref="ByteMatrix"/> and <see cref="ShortRows"/> round, and what a row gets does
/// not depend on the rows beside it.
/// </summary>
internal abstract unsafe class ByteKernels
{
    /// <summary>Widths that this processor computes in hardware, the fastest first; the last one is always there.</summary>
    public static IReadOnlyList<ByteKernels> Supported { get; } =
    [
        .. Vector512.IsHardwareAccelerated && Avx512BW.IsSupported
            ? [new ByteKernels<Bytes512, Vector512<short>, Vector512<int>>()]
            : Array.Empty<ByteKernels>(),
        .. Avx2.IsSupported ? [new ByteKernels<Bytes256, Vector256<short>, Vector256<int>>()] : Array.Empty<ByteKernels>(),
        new ByteKernels<Bytes128, Vector128<short>, Vector128<int>>(),
    ];

    /// <summary>16-bit numbers in a vector.</summary>
    public abstract int Width { get; }

    /// <summary>y[r, o] += Σ_i weights[o, i] · x[r, i] for the outputs from <paramref name="from"/> to <paramref name="to"/>.</summary>
    /// <param name="weights">[outputs, inputs].</param>
    /// <param name="from">First output.</param>
    /// <param name="to">Behind the last output.</param>
    /// <param name="x">[rows, inputs].</param>
    /// <param name="rows">How many.</param>
    /// <param name="y">[rows, stride]; output o of a row is at place o.</param>
    /// <param name="stride">From row to row of y.</param>
    public abstract void AddProducts(ByteMatrix weights, int from, int to, ShortRows x, int rows, float* y, int stride);
}

/// <inheritdoc/>
/// <typeparam name="TB">The vectors' operations.</typeparam>
/// <typeparam name="S">A vector of 16-bit numbers.</typeparam>
/// <typeparam name="I">A vector of 32-bit numbers.</typeparam>
internal sealed unsafe class ByteKernels<TB, S, I> : ByteKernels
    where TB : struct, IByteVectors<S, I>
    where S : struct
    where I : struct
{
    private const int BlockOutputs = 32;

    public override int Width => TB.Count;

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public override void AddProducts(ByteMatrix weights, int from, int to, ShortRows x, int rows, float* y, int stride)
    {
        // As the kernels for wider weights: a few outputs' weights stay in the second cache while all rows pass by, and the weights to come
        // are fetched meanwhile.
        int padded = weights.Padded,
            quads = from + ((to - from) / 4 * 4),
            group = TB.HasManyRegisters ? 4 : 2,
            shares = Math.Min((rows + group - 1) / group, BlockOutputs / 4);
        for (int block = from; block < quads; block += BlockOutputs)
        {
            int end = Math.Min(block + BlockOutputs, quads);
            for (int row = 0, pass = 0; row < rows; pass++)
            {
                int size = Math.Min(group, rows - row);
                size = size == 3 ? 2 : size;
                for (int output = block; output < end; output += 4)
                {
                    sbyte* w = weights.Data + ((nint)output * padded);
                    sbyte* next = (output - block) / 4 % shares == pass ? w + ((nint)BlockOutputs * padded) : w;
                    Vector128<float> scales = Vector128.Load(weights.Scales + output);
                    for (int stretch = 0; stretch < x.Stretches; stretch++)
                    {
                        int start = stretch * ShortRows.Stretch,
                            count = Math.Min(ShortRows.Stretch, padded - start);
                        short* xs = x.Numbers + ((nint)row * padded) + start;
                        float* factors = x.Scales + (row * x.Stretches) + stretch;
                        float* ys = y + ((nint)row * stride) + output;
                        if (size == 4)
                        {
                            Tile4x4(w + start, padded, xs, count, scales, factors, x.Stretches, ys, stride, next + (4 * start));
                        }
                        else if (size == 2)
                        {
                            Tile4x2(w + start, padded, xs, count, scales, factors, x.Stretches, ys, stride, next + (4 * start));
                        }
                        else
                        {
                            Tile4x1(w + start, padded, xs, count, scales, factors, ys, next + (4 * start));
                        }
                    }
                }

                row += size;
            }
        }

        if (quads < to)
        {
            AddRest(weights, quads, to, x, rows, y, stride);
        }
    }

    /// <summary>Outputs behind the last four.</summary>
    private static void AddRest(ByteMatrix weights, int from, int to, ShortRows x, int rows, float* y, int stride)
    {
        for (int row = 0; row < rows; row++)
        {
            for (int output = from; output < to; output++)
            {
                sbyte* w = weights.Data + ((nint)output * weights.Padded);
                short* numbers = x.Numbers + ((nint)row * x.Padded);
                float total = 0;
                for (int stretch = 0; stretch < x.Stretches; stretch++)
                {
                    long sum = 0;
                    for (int i = stretch * ShortRows.Stretch; i < Math.Min((stretch + 1) * ShortRows.Stretch, x.Padded); i++)
                    {
                        sum += w[i] * numbers[i];
                    }

                    total += sum * (weights.Scales[output] * x.Scales[(row * x.Stretches) + stretch]);
                }

                y[((nint)row * stride) + output] += total;
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Tile4x4(
        sbyte* w,
        nint padded,
        short* x,
        nint count,
        Vector128<float> scales,
        float* factors,
        nint stretches,
        float* y,
        nint stride,
        sbyte* next
    )
    {
        (I a0, I a1, I a2, I a3) = (default, default, default, default);
        (I b0, I b1, I b2, I b3) = (default, default, default, default);
        (I c0, I c1, I c2, I c3) = (default, default, default, default);
        (I d0, I d1, I d2, I d3) = (default, default, default, default);
        sbyte* w1 = w + padded,
            w2 = w1 + padded,
            w3 = w2 + padded;
        short* x1 = x + padded,
            x2 = x1 + padded,
            x3 = x2 + padded;
        for (nint i = 0; i < count; i += TB.Count)
        {
            Prefetch(next + (4 * i));
            S v0 = TB.LoadBytes(w + i),
                v1 = TB.LoadBytes(w1 + i),
                v2 = TB.LoadBytes(w2 + i),
                v3 = TB.LoadBytes(w3 + i),
                at = TB.Load(x + i);
            a0 = TB.AddProducts(v0, at, a0);
            a1 = TB.AddProducts(v1, at, a1);
            a2 = TB.AddProducts(v2, at, a2);
            a3 = TB.AddProducts(v3, at, a3);
            at = TB.Load(x1 + i);
            b0 = TB.AddProducts(v0, at, b0);
            b1 = TB.AddProducts(v1, at, b1);
            b2 = TB.AddProducts(v2, at, b2);
            b3 = TB.AddProducts(v3, at, b3);
            at = TB.Load(x2 + i);
            c0 = TB.AddProducts(v0, at, c0);
            c1 = TB.AddProducts(v1, at, c1);
            c2 = TB.AddProducts(v2, at, c2);
            c3 = TB.AddProducts(v3, at, c3);
            at = TB.Load(x3 + i);
            d0 = TB.AddProducts(v0, at, d0);
            d1 = TB.AddProducts(v1, at, d1);
            d2 = TB.AddProducts(v2, at, d2);
            d3 = TB.AddProducts(v3, at, d3);
        }

        AddSums(a0, a1, a2, a3, scales, factors[0], y);
        AddSums(b0, b1, b2, b3, scales, factors[stretches], y + stride);
        AddSums(c0, c1, c2, c3, scales, factors[2 * stretches], y + (2 * stride));
        AddSums(d0, d1, d2, d3, scales, factors[3 * stretches], y + (3 * stride));
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Tile4x2(
        sbyte* w,
        nint padded,
        short* x,
        nint count,
        Vector128<float> scales,
        float* factors,
        nint stretches,
        float* y,
        nint stride,
        sbyte* next
    )
    {
        (I a0, I a1, I a2, I a3) = (default, default, default, default);
        (I b0, I b1, I b2, I b3) = (default, default, default, default);
        sbyte* w1 = w + padded,
            w2 = w1 + padded,
            w3 = w2 + padded;
        short* x1 = x + padded;
        for (nint i = 0; i < count; i += TB.Count)
        {
            Prefetch(next + (4 * i));
            S first = TB.Load(x + i),
                second = TB.Load(x1 + i),
                v = TB.LoadBytes(w + i);
            a0 = TB.AddProducts(v, first, a0);
            b0 = TB.AddProducts(v, second, b0);
            v = TB.LoadBytes(w1 + i);
            a1 = TB.AddProducts(v, first, a1);
            b1 = TB.AddProducts(v, second, b1);
            v = TB.LoadBytes(w2 + i);
            a2 = TB.AddProducts(v, first, a2);
            b2 = TB.AddProducts(v, second, b2);
            v = TB.LoadBytes(w3 + i);
            a3 = TB.AddProducts(v, first, a3);
            b3 = TB.AddProducts(v, second, b3);
        }

        AddSums(a0, a1, a2, a3, scales, factors[0], y);
        AddSums(b0, b1, b2, b3, scales, factors[stretches], y + stride);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Tile4x1(sbyte* w, nint padded, short* x, nint count, Vector128<float> scales, float* factors, float* y, sbyte* next)
    {
        (I a0, I a1, I a2, I a3) = (default, default, default, default);
        sbyte* w1 = w + padded,
            w2 = w1 + padded,
            w3 = w2 + padded;
        for (nint i = 0; i < count; i += TB.Count)
        {
            Prefetch(next + (4 * i));
            S at = TB.Load(x + i);
            a0 = TB.AddProducts(TB.LoadBytes(w + i), at, a0);
            a1 = TB.AddProducts(TB.LoadBytes(w1 + i), at, a1);
            a2 = TB.AddProducts(TB.LoadBytes(w2 + i), at, a2);
            a3 = TB.AddProducts(TB.LoadBytes(w3 + i), at, a3);
        }

        AddSums(a0, a1, a2, a3, scales, factors[0], y);
    }

    /// <summary>Asks for as much of the weights to come as a turn of the loop reads of these four outputs'.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Prefetch(sbyte* next)
    {
        if (Sse.IsSupported)
        {
            Sse.Prefetch1(next);
            if (4 * TB.Count > 64)
            {
                Sse.Prefetch1(next + 64);
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void AddSums(I a, I b, I c, I d, Vector128<float> scales, float factor, float* y) =>
        ((TB.Sums(a, b, c, d) * (scales * factor)) + Vector128.Load(y)).Store(y);
}
