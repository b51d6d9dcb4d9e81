using RewardReasoning.Models.Tensors;
using static TorchSharp.torch;

namespace RewardReasoning.Training.Grpo;

/// <summary>
/// What losses are divided by: counts of the *whole* batch of one optimizer step. A micro-batch gets the same counts as its
/// siblings, so that their losses and gradients add up to those of the undivided batch.
/// </summary>
/// <param name="Tokens">Trained tokens.</param>
/// <param name="Sequences">Sequences with at least one trained token; count masked ones too to divide by all rollouts.</param>
/// <param name="Length">Padded length T of the longest micro-batch, the divisor of
/// <see cref="LossAggregation.SequenceMeanTokenSumNorm"/> where the options fix none.</param>
public sealed record BatchCounts(long Tokens, long Sequences, long Length)
{
    /// <summary>The counts of one mask [B,T] taken alone: fully masked rows are no sequences.</summary>
    public static BatchCounts Of(Tensor mask)
    {
        ArgumentNullException.ThrowIfNull(mask);
        using Tensor trained = mask.IsNotZero();
        using Tensor tokens = trained.sum();
        using Tensor rows = trained.any(1);
        using Tensor sequences = rows.sum();
        return new BatchCounts(tokens.item<long>(), sequences.item<long>(), mask.shape[1]);
    }

    /// <summary>The counts of this batch and another one together.</summary>
    public BatchCounts Add(BatchCounts other)
    {
        ArgumentNullException.ThrowIfNull(other);
        return new BatchCounts(Tokens + other.Tokens, Sequences + other.Sequences, Math.Max(Length, other.Length));
    }
}
