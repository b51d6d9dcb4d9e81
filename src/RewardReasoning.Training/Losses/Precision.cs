using static TorchSharp.torch;

namespace RewardReasoning.Training.Losses;

internal static class Precision
{
    /// <summary>Losses of half-precision logits are taken in float32: log-probs lose what they measure otherwise.</summary>
    public static Tensor AtLeastSingle(Tensor logits) =>
        logits.dtype is ScalarType.BFloat16 or ScalarType.Float16 ? logits.to_type(ScalarType.Float32) : logits;
}
