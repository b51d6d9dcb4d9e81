using System.Numerics.Tensors;
using System.Runtime.InteropServices;

namespace RewardReasoning.Models.Gguf;

/// <summary>
/// Q8_0: 32 numbers x share a scale d = max |x| / 127, stored as a half, and are stored as the signed bytes round(x / d), halves away from
/// zero, as ggml's <c>quantize_row_q8_0_ref</c> has it.
/// </summary>
internal static class Q8Blocks
{
    private const int Size = 32;
    private const int ScaleBytes = 2;

    /// <summary>The blocks of numbers.</summary>
    /// <param name="numbers">A multiple of 32, finite.</param>
    public static byte[] Quantize(ReadOnlySpan<float> numbers)
    {
        byte[] blocks = new byte[numbers.Length / Size * (ScaleBytes + Size)];
        Span<byte> rest = blocks;
        for (int at = 0; at < numbers.Length; at += Size)
        {
            ReadOnlySpan<float> block = numbers.Slice(at, Size);
            float scale = MathF.Abs(TensorPrimitives.MaxMagnitude(block)) / 127;
            float inverse = scale == 0 ? 0 : 1 / scale;
            MemoryMarshal.Write(rest, (Half)scale);
            for (int i = 0; i < Size; i++)
            {
                rest[ScaleBytes + i] = (byte)(sbyte)MathF.Round(block[i] * inverse, MidpointRounding.AwayFromZero);
            }

            rest = rest[(ScaleBytes + Size)..];
        }

        return blocks;
    }

    /// <summary>Whether every scale of some blocks is finite.</summary>
    public static bool AreFinite(ReadOnlySpan<byte> blocks)
    {
        for (int at = 0; at < blocks.Length; at += ScaleBytes + Size)
        {
            if (!Half.IsFinite(MemoryMarshal.Read<Half>(blocks[at..])))
            {
                return false;
            }
        }

        return true;
    }
}
