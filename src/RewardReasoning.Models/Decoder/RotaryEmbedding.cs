using RewardReasoning.Models.Tensors;
using TorchSharp;
using static TorchSharp.torch;

namespace RewardReasoning.Models.Decoder;

/// <summary>
/// Rotary position embedding with Hugging Face's rotate-half pairing: element i turns with element i + D/2. Cosine and sine are computed in
/// float32 and cached for every position used so far.
/// </summary>
internal sealed class RotaryEmbedding : IDisposable
{
    private readonly float[] _frequencies; // [D/2]
    private readonly float _magnitude;
    private readonly ScalarType _type;
    private readonly Device _device;
    private (float[] Cosine, float[] SignedSine) _numbers = ([], []);
    private Tensor? _cosine; // [positions, D]
    private Tensor? _signedSine; // [positions, D], the first half negated, so that x cos + roll(x, D/2) sine is the rotation

    public RotaryEmbedding(DecoderConfig config, ScalarType type, Device device)
    {
        (_frequencies, _magnitude) = RotaryFrequencies.Of(config);
        (_type, _device) = (type, device);
    }

    /// <summary>Cosine and signed sine for positions 0..length-1, each [1, T, 1, D].</summary>
    public (Tensor Cosine, Tensor SignedSine) ForLength(long length)
    {
        (Tensor cosine, Tensor sine) = Tables(length);
        return (cosine.narrow(0, 0, length).unsqueeze(0).unsqueeze(2), sine.narrow(0, 0, length).unsqueeze(0).unsqueeze(2));
    }

    /// <summary>Cosine and signed sine for given positions [B, T] int64, each [B, T, 1, D].</summary>
    public (Tensor Cosine, Tensor SignedSine) ForPositions(Tensor positions)
    {
        long[] shape = [.. positions.shape, 1, _frequencies.Length * 2];
        (Tensor cosine, Tensor sine) = Tables(positions.max().item<long>() + 1);
        Tensor flat = positions.reshape(-1);
        return (cosine.index_select(0, flat).view(shape), sine.index_select(0, flat).view(shape));
    }

    /// <summary>
    /// Cosine and signed sine for positions 0..length-1 at least, each [positions · D] in float32, for code that computes without
    /// tensors.
    /// </summary>
    public (float[] Cosine, float[] SignedSine) Numbers(long length)
    {
        if (_numbers.Cosine.Length < length * _frequencies.Length * 2)
        {
            using IDisposable noGrad = no_grad();
            using DisposeScope scope = NewDisposeScope();
            (Tensor cosine, Tensor sine) = Compute(CapacityFor(length));
            _numbers = (cosine.Floats().ToArray(), sine.Floats().ToArray());
        }

        return _numbers;
    }

    /// <summary>Turns query or key heads [B, T, heads, D].</summary>
    public static Tensor Rotate(Tensor x, Tensor cosine, Tensor signedSine) =>
        x.mul(cosine).PlusProduct(x.roll(x.shape[^1] / 2, -1), signedSine);

    public void Dispose()
    {
        _cosine?.Dispose();
        _signedSine?.Dispose();
    }

    private (Tensor Cosine, Tensor SignedSine) Tables(long length)
    {
        if (_cosine is { } cosine && _signedSine is { } sine && cosine.shape[0] >= length)
        {
            return (cosine, sine);
        }

        using IDisposable noGrad = no_grad();
        using DisposeScope scope = NewDisposeScope();
        (Tensor cos, Tensor sin) = Compute(CapacityFor(length));
        Dispose();
        _cosine = cos.to(_type, _device).DetachFromDisposeScope();
        _signedSine = sin.to(_type, _device).DetachFromDisposeScope();
        return (_cosine, _signedSine);
    }

    private static long CapacityFor(long length) => Math.Max(64, (long)System.Numerics.BitOperations.RoundUpToPowerOf2((ulong)length));

    /// <summary>Both in float32, each [positions, D].</summary>
    private (Tensor Cosine, Tensor SignedSine) Compute(long positions)
    {
        Tensor angles = outer(TensorArithmetic.Counting(positions, ScalarType.Float32, CPU), tensor(_frequencies)); // [positions, D/2]
        Tensor cos = angles.cos().Times(_magnitude),
            sin = angles.sin().Times(_magnitude);
        return (cat([cos, cos], -1), cat([sin.neg(), sin], -1));
    }
}
