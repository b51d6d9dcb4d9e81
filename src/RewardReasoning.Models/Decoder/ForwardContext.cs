using static TorchSharp.torch;

namespace RewardReasoning.Models.Decoder;

/// <summary>What all layers of one forward pass over rows of one length share.</summary>
/// <param name="Cosine">[1 or B, T, 1, D].</param>
/// <param name="SignedSine">Like the cosine.</param>
/// <param name="Mask">Added to the scores, [B, 1, T or 1, keys]; null where only the causal order hides anything.</param>
/// <param name="Cache">Keys and values of earlier tokens, or null.</param>
/// <param name="ProductType">The type in which weight matrices are multiplied; see <see cref="DecoderModel.ProductType"/>.</param>
internal sealed record ForwardContext(Tensor Cosine, Tensor SignedSine, Tensor? Mask, ILayerCache? Cache, ScalarType ProductType)
{
    /// <summary>Whether only the last token's output of the layer is needed; keys and values are stored for all.</summary>
    public bool LastOnly { get; init; }
}
