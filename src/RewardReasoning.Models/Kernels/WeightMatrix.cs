using TorchSharp;
using static TorchSharp.torch;

namespace RewardReasoning.Models.Kernels;

/// <summary>The numbers of a weight tensor where they are in memory, row by row; valid as long as the tensor.</summary>
internal readonly unsafe struct WeightMatrix
{
    /// <param name="weight">[outputs, inputs] or [inputs], float32 or bfloat16, contiguous, on the processor.</param>
    public WeightMatrix(Tensor weight)
    {
        if (!CanHold(weight) || !weight.is_contiguous())
        {
            throw new ArgumentException(
                $"The weight is [{string.Join(", ", weight.shape)}] {weight.dtype} on {weight.device}; rows of float32 or bfloat16 in the "
                    + "memory of the processor are needed.",
                nameof(weight)
            );
        }

        Outputs = weight.dim() == 1 ? 1 : (int)weight.shape[0];
        Inputs = (int)weight.shape[^1];
        IsBFloat16 = weight.dtype == ScalarType.BFloat16;

        // Bytes is a span, too short for a large matrix; where the first row begins is all that is wanted.
        using Tensor first = weight.dim() == 1 ? weight.alias() : weight.narrow(0, 0, 1);
        Data = System.Runtime.CompilerServices.Unsafe.AsPointer(ref System.Runtime.InteropServices.MemoryMarshal.GetReference(first.bytes));
    }

    public void* Data { get; }

    public int Outputs { get; }

    public int Inputs { get; }

    public bool IsBFloat16 { get; }

    /// <summary>A number of the first row.</summary>
    public float this[int place] =>
        IsBFloat16 ? BitConverter.UInt32BitsToSingle((uint)((ushort*)Data)[place] << 16) : ((float*)Data)[place];

    public static bool CanHold(Tensor weight) =>
        weight.dtype is ScalarType.Float32 or ScalarType.BFloat16 && weight.device_type == DeviceType.CPU;
}
