using static TorchSharp.torch;

namespace RewardReasoning.Models.Decoder;

/// <summary>Keys and values of earlier tokens, for attention.</summary>
internal interface ILayerCache
{
    /// <summary>Appends keys and values [B, kv heads, T, D] of new tokens and returns all that these may attend to.</summary>
    (Tensor Keys, Tensor Values) Append(int layer, Tensor keys, Tensor values);
}
