using static TorchSharp.torch;

namespace RewardReasoning.Models.Decoder;

/// <summary>
/// x W^T + b, and an adapter's part if there is one, with the products in a type of their own; what comes out has the type of x.
/// </summary>
internal sealed class Linear(Tensor weight, Tensor? bias, LowRankAdapter? adapter = null)
{
    /// <summary>Whether a step now would leave a gradient on the layer's own weight.</summary>
    public bool CollectsGradients => is_grad_enabled() && weight.requires_grad;

    /// <summary>The layer of that name, with its bias and adapter if it has them.</summary>
    public static Linear Of(ParameterSet parameters, string name) =>
        new(parameters[name + ".weight"], parameters.Find(name + ".bias"), LowRankAdapter.Find(parameters, name));

    /// <summary>[..., in] to [..., out].</summary>
    public Tensor Apply(Tensor x, ScalarType productType) =>
        Adapt(
            x.dtype == productType
                ? nn.functional.linear(x, weight, bias)
                : nn.functional.linear(x.to(productType), weight.to(productType), bias?.to(productType)).to(x.dtype),
            x,
            productType
        );

    /// <summary>Adds the adapter's part to an output that was computed without it.</summary>
    public Tensor Adapt(Tensor output, Tensor x, ScalarType productType) => adapter?.AddTo(output, x, productType) ?? output;
}
