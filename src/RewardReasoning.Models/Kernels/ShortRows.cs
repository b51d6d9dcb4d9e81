using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace RewardReasoning.Models.Kernels;

/// <summary>
/// Activations in 16 bits for products with <see cref="ByteMatrix"/>: each stretch of a row is whole numbers times a scale of its own, so
/// that one large activation costs only its neighbours precision. It grows and never shrinks.
/// </summary>
internal sealed unsafe class ShortRows : IDisposable
{
    /// <summary>
    /// Inputs under one scale. A place of a vector sums two products of each vector of inputs, so at most 256 of at most 127 · 32,767,
    /// which 32 bits hold.
    /// </summary>
    public const int Stretch = 1_024;

    private const nuint CacheLine = 64;
    private const float Largest = short.MaxValue;

    private long _capacity;
    private long _scaleCapacity;

    /// <summary>[rows, padded].</summary>
    public short* Numbers { get; private set; }

    /// <summary>[rows, stretches].</summary>
    public float* Scales { get; private set; }

    /// <summary>From row to row of <see cref="Numbers"/>.</summary>
    public int Padded { get; private set; }

    /// <summary>From row to row of <see cref="Scales"/>.</summary>
    public int Stretches { get; private set; }

    /// <summary>Makes room for rows; call it before <see cref="Set"/>.</summary>
    public void Begin(int rows, int inputs)
    {
        Padded = ByteMatrix.PaddedLength(inputs);
        Stretches = (Padded + Stretch - 1) / Stretch;
        if ((long)rows * Padded > _capacity)
        {
            NativeMemory.AlignedFree(Numbers);
            _capacity = (long)rows * Padded;
            Numbers = (short*)NativeMemory.AlignedAlloc((nuint)_capacity * sizeof(short), CacheLine);
        }

        if ((long)rows * Stretches > _scaleCapacity)
        {
            NativeMemory.AlignedFree(Scales);
            _scaleCapacity = (long)rows * Stretches;
            Scales = (float*)NativeMemory.AlignedAlloc((nuint)_scaleCapacity * sizeof(float), CacheLine);
        }
    }

    /// <summary>Takes a row. Rows may be set at the same time.</summary>
    /// <param name="row">Which.</param>
    /// <param name="x">[inputs].</param>
    /// <param name="inputs">How many.</param>
    public void Set(int row, float* x, int inputs)
    {
        short* to = Numbers + ((nint)row * Padded);
        for (int stretch = 0; stretch < Stretches; stretch++)
        {
            int from = stretch * Stretch,
                count = Math.Min(Stretch, inputs - from);
            Scales[(row * Stretches) + stretch] = Quantise(x + from, count, to + from);
        }

        new Span<short>(to + inputs, Padded - inputs).Clear();
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        NativeMemory.AlignedFree(Numbers);
        NativeMemory.AlignedFree(Scales);
        Numbers = null;
        Scales = null;
        (_capacity, _scaleCapacity) = (0, 0);
    }

    private static float Quantise(float* x, int count, short* y)
    {
        Vector256<float> most = Vector256<float>.Zero;
        int i = 0;
        for (; i + Vector256<float>.Count <= count; i += Vector256<float>.Count)
        {
            most = Vector256.Max(most, Vector256.Abs(Vector256.Load(x + i)));
        }

        float largest = 0;
        for (int place = 0; place < Vector256<float>.Count; place++)
        {
            largest = MathF.Max(largest, most[place]);
        }

        for (; i < count; i++)
        {
            largest = MathF.Max(largest, MathF.Abs(x[i]));
        }

        float scale = largest / Largest;
        if (!(scale > 0) || !float.IsFinite(scale))
        {
            new Span<short>(y, count).Clear();
            return float.IsFinite(scale) ? 0 : float.NaN; // what is not a number stays so, and the engine says it
        }

        float factor = Largest / largest;
        Vector256<float> factors = Vector256.Create(factor);
        for (i = 0; i + (2 * Vector256<float>.Count) <= count; i += 2 * Vector256<float>.Count)
        {
            Vector256<int> low = Vector256.ConvertToInt32(Vector256.Round(Vector256.Load(x + i) * factors)),
                high = Vector256.ConvertToInt32(Vector256.Round(Vector256.Load(x + i + Vector256<float>.Count) * factors));
            Vector256.Narrow(low, high).Store(y + i);
        }

        for (; i < count; i++)
        {
            y[i] = (short)MathF.Round(x[i] * factor);
        }

        return scale;
    }
}
