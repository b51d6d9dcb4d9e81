using static TorchSharp.torch;

namespace RewardReasoning.Models.Decoder;

/// <summary>x W^T + b with the product in a type of its own; what comes out has the type of x.</summary>
internal sealed class Linear(Tensor weight, Tensor? bias)
{
    /// <summary>Whether a step now would leave a gradient.</summary>
    public bool CollectsGradients => is_grad_enabled() && weight.requires_grad;

    /// <summary>[..., in] to [..., out].</summary>
    public Tensor Apply(Tensor x, ScalarType productType) => x.dtype == productType
        ? nn.functional.linear(x, weight, bias)
        : nn.functional.linear(x.to(productType), weight.to(productType), bias?.to(productType)).to(x.dtype);
}
