using static TorchSharp.torch;

namespace RewardReasoning.Models.Decoder;

/// <summary>What all layers of one forward pass share.</summary>
/// <param name="ProductType">The type in which weight matrices are multiplied; see <see cref="DecoderModel.ProductType"/>.</param>
internal abstract record ForwardContext(ScalarType ProductType)
{
    /// <summary>Whether only the last token's output of the layer is needed; keys and values are stored for all.</summary>
    public bool LastOnly { get; init; }
}

/// <summary>Rows of one length, as tensors.</summary>
/// <param name="Cosine">[1 or B, T, 1, D].</param>
/// <param name="SignedSine">Like the cosine.</param>
/// <param name="Mask">Added to the scores, [B, 1, T or 1, keys]; null where only the causal order hides anything.</param>
/// <param name="Cache">Keys and values of earlier tokens, or null.</param>
/// <param name="ProductType"><inheritdoc cref="ForwardContext" path="/param[@name='ProductType']"/></param>
internal sealed record TensorContext(Tensor Cosine, Tensor SignedSine, Tensor? Mask, ILayerCache? Cache, ScalarType ProductType)
    : ForwardContext(ProductType);

/// <summary>One new token in each of several sequences, T = 1, whose keys and values are in pages.</summary>
/// <param name="Attention">Over the pages.</param>
/// <param name="ProductType"><inheritdoc cref="ForwardContext" path="/param[@name='ProductType']"/></param>
internal sealed record PagedContext(PagedAttention Attention, ScalarType ProductType) : ForwardContext(ProductType);
