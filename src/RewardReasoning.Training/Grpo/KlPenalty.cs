using System.ComponentModel.DataAnnotations;
using RewardReasoning.Models.Tensors;
using static TorchSharp.torch;

namespace RewardReasoning.Training.Grpo;

/// <summary>
/// Per-token estimators of KL(policy ‖ reference) from the log-probs of the sampled tokens (Schulman, "Approximating KL
/// divergence"), d = log π − log π_ref. All are unbiased or nearly so for tokens drawn from the policy.
/// </summary>
public enum KlEstimator
{
    /// <summary>d: unbiased, of either sign.</summary>
    K1,

    /// <summary>|d|.</summary>
    Absolute,

    /// <summary>d²/2: biased, low variance; its gradient is the right one.</summary>
    K2,

    /// <summary>e^(−d) + d − 1: unbiased, never negative; −d is clamped to ±20 and the value to ±10, as in verl.</summary>
    K3,
}

/// <summary>The KL term of the objective, and the controller of its coefficient.</summary>
internal static class KlPenalty
{
    /// <summary>The estimate of every token, in the shape of the log-probs.</summary>
    /// <param name="logProbs">Of the policy; gradients flow through these.</param>
    /// <param name="referenceLogProbs">Of the frozen reference, same shape; no gradient flows through these.</param>
    /// <param name="estimator">Which estimate.</param>
    /// <param name="straightThrough">Keep the value but take the gradient of <see cref="KlEstimator.K2"/> (verl's "+").</param>
    public static Tensor PerToken(Tensor logProbs, Tensor referenceLogProbs, KlEstimator estimator, bool straightThrough = false)
    {
        ArgumentNullException.ThrowIfNull(logProbs);
        ArgumentNullException.ThrowIfNull(referenceLogProbs);
        Shapes.MustMatch(logProbs, referenceLogProbs, nameof(referenceLogProbs));
        Tensor d = logProbs - referenceLogProbs.detach();
        Tensor value = estimator switch
        {
            KlEstimator.K1 => d,
            KlEstimator.Absolute => d.abs(),
            KlEstimator.K2 => d.Squared().Times(0.5),
            KlEstimator.K3 => K3(d),
            _ => throw new ArgumentOutOfRangeException(nameof(estimator), estimator, "No such estimator."),
        };
        if (!straightThrough)
        {
            return value;
        }

        Tensor carrier = d.Squared().Times(0.5);
        return (carrier - carrier.detach()).Plus(value.detach());
    }

    /// <summary>
    /// The next coefficient of a controller that holds the observed KL near a target (arXiv 1909.08593, section 2.2):
    /// coefficient × (1 + clamp(observed/target − 1, ±0.2) · samples / horizon).
    /// </summary>
    public static double NextCoefficient(double coefficient, double observedKl, AdaptiveKl control, int samples)
    {
        ArgumentNullException.ThrowIfNull(control);
        double error = Math.Clamp((observedKl / control.Target) - 1, -0.2, 0.2);
        return coefficient * (1 + (error * samples / control.Horizon));
    }

    private static Tensor K3(Tensor d)
    {
        Tensor x = d.neg().Between(-20, 20);
        return (x.exp() - x).Minus(1).Between(-10, 10);
    }
}

/// <summary>Settings of the coefficient's controller.</summary>
/// <param name="Target">The KL to hold.</param>
/// <param name="Horizon">After how many samples a full correction is reached.</param>
internal sealed record AdaptiveKl(
    [property: Range(0.0, 1e6, MinimumIsExclusive = true)] double Target,
    [property: Range(0.0, 1e12, MinimumIsExclusive = true)] double Horizon
);
