using RewardReasoning.Models.Tensors;
using static TorchSharp.torch;

namespace RewardReasoning.Training.Grpo;

/// <summary>
/// Sums of masked per-token values over a (micro-)batch, divided by counts of the whole batch. Where a count is 0 so is the sum,
/// and the result is 0, not 0/0.
/// </summary>
internal static class TokenAggregation
{
    /// <summary>One number (0-dim, differentiable) from values [B,T].</summary>
    /// <param name="values">Per-token values; masked positions may hold anything, NaN too, and get gradient 0.</param>
    /// <param name="mask">[B,T], nonzero where a token counts.</param>
    /// <param name="aggregation">The kind of mean.</param>
    /// <param name="counts">Counts of the whole batch that this is a part of.</param>
    /// <param name="fixedLength">The divisor of <see cref="LossAggregation.SequenceMeanTokenSumNorm"/>; null takes
    /// <see cref="BatchCounts.Length"/>.</param>
    public static Tensor Aggregate(Tensor values, Tensor mask, LossAggregation aggregation, BatchCounts counts, double? fixedLength = null)
    {
        ArgumentNullException.ThrowIfNull(values);
        ArgumentNullException.ThrowIfNull(mask);
        ArgumentNullException.ThrowIfNull(counts);
        Shapes.MustMatch(values, mask, nameof(mask));
        Tensor counted = mask.IsNotZero(); // [B, T]
        Tensor kept = values.Filled(counted.logical_not(), 0); // [B, T]
        return aggregation switch
        {
            LossAggregation.TokenMean => kept.sum().Over(Divisor(counts.Tokens)),
            LossAggregation.TokenSum => kept.sum(),
            LossAggregation.SequenceMeanTokenSum => kept.sum().Over(Divisor(counts.Sequences)),
            LossAggregation.SequenceMeanTokenSumNorm => kept.sum()
                .Over(Divisor(counts.Sequences) * (fixedLength ?? Divisor(counts.Length))),
            LossAggregation.SequenceMeanTokenMean => (kept.sum(1) / counted.sum(1).AtLeast(1).to_type(values.dtype))
                .sum()
                .Over(Divisor(counts.Sequences)),
            _ => throw new ArgumentOutOfRangeException(nameof(aggregation), aggregation, "No such aggregation."),
        };
    }

    private static double Divisor(long count) => Math.Max(count, 1);
}
