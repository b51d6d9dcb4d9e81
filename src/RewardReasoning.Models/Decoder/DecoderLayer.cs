using System.Globalization;
using RewardReasoning.Models.Tensors;
using static TorchSharp.torch;

namespace RewardReasoning.Models.Decoder;

/// <summary>Attention and MLP, each on the normed residual stream and added to it.</summary>
internal sealed class DecoderLayer(DecoderConfig config, ParameterSet parameters, int layer)
{
    private readonly RmsNorm _attentionNorm = new(parameters[Prefix(layer) + "input_layernorm.weight"], config.RmsNormEpsilon);
    private readonly Attention _attention = new(config, parameters, layer);
    private readonly RmsNorm _mlpNorm = new(parameters[Prefix(layer) + "post_attention_layernorm.weight"], config.RmsNormEpsilon);
    private readonly Mlp _mlp = new(parameters, Prefix(layer));

    public static string Prefix(int layer) => string.Create(CultureInfo.InvariantCulture, $"model.layers.{layer}.");

    /// <summary>[B, T, H] to [B, T, H], or to [B, 1, H] where the last token alone is wanted.</summary>
    public Tensor Apply(Tensor x, ForwardContext context)
    {
        Tensor stream = context.LastOnly ? x.narrow(1, x.shape[1] - 1, 1) : x;
        Tensor attended = stream.Plus(_attention.Apply(_attentionNorm.Apply(x), context));
        return attended.Plus(_mlp.Apply(_mlpNorm.Apply(attended), context));
    }
}
