using System.Runtime.InteropServices;
using static TorchSharp.torch;

namespace RewardReasoning.Models.Tensors;

/// <summary>Reads tensors as plain numbers, in row-major order.</summary>
internal static class TensorNumbers
{
    /// <summary>All elements in float32, copied to the processor where needed. Valid within the caller's dispose scope.</summary>
    public static ReadOnlySpan<float> Floats(this Tensor x) =>
        MemoryMarshal.Cast<byte, float>(x.to(ScalarType.Float32).cpu().contiguous().bytes);

    /// <summary>All elements of an int64 tensor, copied to the processor where needed. Valid within the caller's dispose scope.</summary>
    public static ReadOnlySpan<long> Longs(this Tensor x) => MemoryMarshal.Cast<byte, long>(x.cpu().contiguous().bytes);
}
