using System.Runtime.InteropServices;
using static TorchSharp.torch;
using TensorPrimitives = System.Numerics.Tensors.TensorPrimitives;

namespace RewardReasoning.Models.Kernels;

/// <summary>
/// A copy of a weight in 8 bits: each row is whole numbers from -127 to 127 times a scale of its own. Rows are as long as
/// <see cref="Padded"/> says, zeros behind the inputs.
/// </summary>
internal sealed unsafe class ByteMatrix : IDisposable
{
    /// <summary>Rows are a multiple of this long: a whole number of vectors of any width.</summary>
    public const int Padding = 32;

    private const nuint CacheLine = 64;
    private const float Largest = sbyte.MaxValue;

    /// <param name="weight">[outputs, inputs], float32 or bfloat16, contiguous, on the processor; it is not needed afterwards.</param>
    /// <param name="kernels">Reads the weight.</param>
    public ByteMatrix(Tensor weight, RowKernels kernels)
    {
        WeightMatrix whole = new(weight);
        (Outputs, Inputs, Padded) = (whole.Outputs, whole.Inputs, PaddedLength(whole.Inputs));
        Data = (sbyte*)NativeMemory.AlignedAlloc((nuint)Outputs * (nuint)Padded, CacheLine);
        Scales = (float*)NativeMemory.AlignedAlloc((nuint)Outputs * sizeof(float), CacheLine);
        float[] numbers = new float[Inputs];
        fixed (float* row = numbers)
        {
            for (int output = 0; output < Outputs; output++)
            {
                kernels.CopyRow(whole, output, row);
                Scales[output] = Quantise(numbers, new Span<sbyte>(Data + ((nint)output * Padded), Padded));
            }
        }
    }

    ~ByteMatrix() => Free();

    public sbyte* Data { get; private set; }

    /// <summary>[outputs].</summary>
    public float* Scales { get; private set; }

    public int Outputs { get; }

    public int Inputs { get; }

    /// <summary>From row to row.</summary>
    public int Padded { get; }

    /// <summary>How long rows of that many inputs are.</summary>
    public static int PaddedLength(int inputs) => (inputs + Padding - 1) / Padding * Padding;

    /// <inheritdoc/>
    public void Dispose()
    {
        Free();
        GC.SuppressFinalize(this);
    }

    private static float Quantise(ReadOnlySpan<float> numbers, Span<sbyte> bytes)
    {
        float scale = MathF.Abs(TensorPrimitives.MaxMagnitude(numbers)) / Largest;
        bytes[numbers.Length..].Clear();
        if (scale == 0)
        {
            bytes.Clear();
            return 0;
        }

        float factor = 1 / scale;
        for (int i = 0; i < numbers.Length; i++)
        {
            bytes[i] = (sbyte)MathF.Round(numbers[i] * factor);
        }

        return scale;
    }

    private void Free()
    {
        NativeMemory.AlignedFree(Data);
        NativeMemory.AlignedFree(Scales);
        Data = null;
        Scales = null;
    }
}
