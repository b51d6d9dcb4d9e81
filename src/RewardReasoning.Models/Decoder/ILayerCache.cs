using static TorchSharp.torch;

namespace RewardReasoning.Models.Decoder;

/// <summary>What attention sees besides the tokens at hand.</summary>
internal interface ILayerCache
{
    /// <summary>Takes up the keys and values [B, kv heads, T, D] of new tokens and returns all that these may see.</summary>
    (Tensor Keys, Tensor Values) Append(int layer, Tensor keys, Tensor values);
}
