using System.ComponentModel.DataAnnotations;
using RewardReasoning.Models.Tensors;
using RewardReasoning.Recipes;
using static TorchSharp.torch;

namespace RewardReasoning.Training.Losses;

/// <summary>Variants of the supervised loss; the defaults are plain cross entropy.</summary>
internal sealed record CrossEntropyOptions
{
    /// <summary>ε: (1 − ε)·nll + ε · the mean of −log p over the vocabulary.</summary>
    [Range(0.0, 1.0, MaximumIsExclusive = true, ErrorMessage = "it must be at least 0 and below 1")]
    public double LabelSmoothing { get; init; }

    /// <summary>Multiply each token's loss by its own probability, taken as a constant (dynamic fine-tuning, arXiv
    /// 2508.05629).</summary>
    public bool ProbabilityWeighted { get; init; }

    /// <exception cref="ArgumentException">A value is out of range.</exception>
    public void Validate() => OptionsCheck.ThrowIfInvalid(this);
}

/// <summary>
/// Weighted token cross entropy for supervised training: Σ w·nll / Σ w, the denominator taken over *all* micro-batches of the
/// optimizer step, so that a token weighs the same wherever it was put. (A mean of micro-batch means is a different number.)
/// </summary>
internal static class CrossEntropy
{
    /// <summary>This micro-batch's part of the loss (0-dim, differentiable, float32 at least); the parts of all add up to it.</summary>
    /// <param name="logits">[N,V] at the target positions only (see <see cref="NextTokenTargets"/>).</param>
    /// <param name="targets">[N] int64.</param>
    /// <param name="weights">[N] or null for all 1.</param>
    /// <param name="denominator">Σ of the weights over all micro-batches; 0 (nothing to learn) gives loss 0.</param>
    /// <param name="options">Label smoothing and probability weighting; null is plain.</param>
    /// <exception cref="ArgumentException">Shapes differ, or the denominator is negative or not finite.</exception>
    public static Tensor Compute(Tensor logits, Tensor targets, Tensor? weights, double denominator, CrossEntropyOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(logits);
        ArgumentNullException.ThrowIfNull(targets);
        options ??= new CrossEntropyOptions();
        options.Validate();
        if (!double.IsFinite(denominator) || denominator < 0)
        {
            throw new ArgumentOutOfRangeException(
                nameof(denominator),
                denominator,
                "It must be the sum of all token weights of the step, finite and not negative."
            );
        }

        Shapes.MustBe(logits.dim() == 2, logits, nameof(logits), "[targets, vocabulary]");
        Shapes.MustBe(targets.dim() == 1 && targets.shape[0] == logits.shape[0], targets, nameof(targets), $"[{logits.shape[0]}]");
        Tensor logProbs = Precision.AtLeastSingle(logits).log_softmax(-1); // [N, V]
        Tensor chosen = logProbs.gather(1, targets.unsqueeze(1)).squeeze(1); // [N]
        Tensor losses = -chosen; // [N]
        if (options.LabelSmoothing > 0)
        {
            losses = losses.Times(1 - options.LabelSmoothing) - logProbs.mean([-1]).Times(options.LabelSmoothing);
        }

        if (options.ProbabilityWeighted)
        {
            losses = losses * chosen.detach().exp();
        }

        if (weights is not null)
        {
            Shapes.MustMatch(targets, weights, nameof(weights));
            losses = losses * weights.to_type(losses.dtype);
        }

        return losses.sum().Over(denominator > 0 ? denominator : 1);
    }
}
