using static TorchSharp.torch;

namespace RewardReasoning.Models.Decoder;

/// <summary>SwiGLU: down(silu(gate x) * up x).</summary>
internal sealed class Mlp(DecoderConfig config, ParameterSet parameters, string prefix)
{
    private readonly long _width = config.IntermediateSize;
    private readonly StackedLinear _gateUp = new(parameters, [prefix + "mlp.gate_proj", prefix + "mlp.up_proj"]);
    private readonly Tensor _down = parameters[prefix + "mlp.down_proj.weight"];

    /// <summary>[B, T, H] to [B, T, H].</summary>
    public Tensor Apply(Tensor x)
    {
        Tensor[] parts = _gateUp.Apply(x).split([_width, _width], -1);
        return nn.functional.linear(nn.functional.silu(parts[0]).mul(parts[1]), _down);
    }
}
