using System.Runtime.InteropServices;

namespace RewardReasoning.Models.Kernels;

/// <summary>Room for numbers outside of the collector's reach, at the start of a cache line. It grows and never shrinks.</summary>
internal sealed unsafe class AlignedFloats : IDisposable
{
    private const nuint CacheLine = 64;

    private float* _numbers;
    private long _capacity;

    /// <summary>Room for that many numbers. What an earlier call returned is lost where there were fewer.</summary>
    public float* For(long count)
    {
        if (count > _capacity)
        {
            NativeMemory.AlignedFree(_numbers);
            _numbers = null;
            _capacity = 0;
            _numbers = (float*)NativeMemory.AlignedAlloc((nuint)count * sizeof(float), CacheLine);
            _capacity = count;
        }

        return _numbers;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        NativeMemory.AlignedFree(_numbers);
        _numbers = null;
        _capacity = 0;
    }
}
