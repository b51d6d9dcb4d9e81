using System.ComponentModel.DataAnnotations;
using RewardReasoning.Recipes;

namespace RewardReasoning.Training.Optimization;

/// <summary>Settings of AdamW but for the learning rate, which every step is given.</summary>
internal sealed record AdamWOptions
{
    /// <summary>Decay of the first moment.</summary>
    [Range(0.0, 1.0, MaximumIsExclusive = true, ErrorMessage = "it must be at least 0 and below 1")]
    public double Beta1 { get; init; } = 0.9;

    /// <summary>Decay of the second moment; 0.99 and below follows a fast-moving policy sooner.</summary>
    [Range(0.0, 1.0, MaximumIsExclusive = true, ErrorMessage = "it must be at least 0 and below 1")]
    public double Beta2 { get; init; } = 0.999;

    /// <summary>Added to the root of the second moment.</summary>
    [Range(0.0, 1.0, MinimumIsExclusive = true, ErrorMessage = "it must be above 0 and at most 1")]
    public double Epsilon { get; init; } = 1e-8;

    /// <summary>Decoupled: a decayed parameter is multiplied by 1 − learning rate · this at each step.</summary>
    [Range(0.0, 1.0, ErrorMessage = "it must be between 0 and 1")]
    public double WeightDecay { get; init; } = 0.01;

    /// <exception cref="ArgumentException">A value is out of range; the message lists every fault.</exception>
    public void Validate() => OptionsCheck.ThrowIfInvalid(this);
}
