using static TorchSharp.torch;

namespace RewardReasoning.Models.Decoder;

/// <summary>SwiGLU: down(silu(gate x) * up x).</summary>
internal sealed class Mlp(ParameterSet parameters, string prefix)
{
    private readonly StackedLinear _gateUp = new(parameters, [prefix + "mlp.gate_proj", prefix + "mlp.up_proj"]);
    private readonly Linear _down = Linear.Of(parameters, prefix + "mlp.down_proj");

    /// <summary>[B, T, H] to [B, T, H].</summary>
    public Tensor Apply(Tensor x, ForwardContext context)
    {
        Tensor[] parts = _gateUp.Apply(x, context.ProductType);
        return _down.Apply(nn.functional.silu(parts[0]).mul(parts[1]), context.ProductType);
    }
}
