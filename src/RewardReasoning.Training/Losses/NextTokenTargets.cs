using RewardReasoning.Models.Tensors;
using static TorchSharp.torch;

namespace RewardReasoning.Training.Losses;

/// <summary>
/// Which hidden states of a [B,T] batch are scored, against which tokens, how heavily: position t predicts token t + 1, where the
/// weight of token t + 1 is not 0. So the first token of a row is never a target. Selecting the rows *before* the output head saves
/// the logits of prompts and padding.
/// </summary>
internal static class NextTokenTargets
{
    /// <summary>Positions [N] (int64, into the hidden states flattened to [B·T]), tokens [N] (int64) and weights [N].</summary>
    /// <param name="inputIds">[B,T] int64.</param>
    /// <param name="weights">[B,T], the weight of each token as a target; 0 for prompts, padding and the first token of each
    /// document in a packed row.</param>
    public static (Tensor Positions, Tensor Tokens, Tensor Weights) Select(Tensor inputIds, Tensor weights)
    {
        ArgumentNullException.ThrowIfNull(inputIds);
        ArgumentNullException.ThrowIfNull(weights);
        Shapes.MustBe(inputIds.dim() == 2, inputIds, nameof(inputIds), "[batch, time]");
        Shapes.MustMatch(inputIds, weights, nameof(weights));
        Tensor flatWeights = weights.reshape(-1);
        Tensor counted = weights.IsNotZero();
        counted = cat([zeros_like(counted[.., ..1]), counted[.., 1..]], 1).reshape(-1);
        Tensor targets = counted.nonzero().squeeze(1); // [N], places of the predicted tokens
        return (targets.Minus(1), inputIds.reshape(-1).index_select(0, targets), flatWeights.index_select(0, targets));
    }
}
