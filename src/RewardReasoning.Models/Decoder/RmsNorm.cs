using RewardReasoning.Models.Tensors;
using static TorchSharp.torch;

namespace RewardReasoning.Models.Decoder;

/// <summary>x / sqrt(mean(x^2) + epsilon) * weight over the last dimension; computed in float32 whatever the type of x.</summary>
internal sealed class RmsNorm(Tensor weight, double epsilon)
{
    public Tensor Apply(Tensor x)
    {
        if (x.dtype == ScalarType.Float32)
        {
            return Normalise(x).mul(weight);
        }

        return Normalise(x.to(ScalarType.Float32)).to(x.dtype).mul(weight);
    }

    private Tensor Normalise(Tensor x) => x.mul(x.Squared().mean([-1], keepdim: true).Plus(epsilon).rsqrt());
}
