using System.ComponentModel.DataAnnotations;
using RewardReasoning.Recipes;

namespace RewardReasoning.Training.Grpo;

/// <summary>Settings of the GRPO objective. Defaults are verl's: symmetric clip 0.2, dual clip 3, token mean, no KL, no entropy.</summary>
public sealed record GrpoOptions : ICheckedOptions
{
    /// <summary>ε_low: the ratio is clipped below at 1 − ε_low.</summary>
    [Range(0.0, 1.0, ErrorMessage = "it must be between 0 and 1")]
    public double ClipEpsilonLow { get; init; } = 0.2;

    /// <summary>
    /// ε_high: the ratio is clipped above at 1 + ε_high; larger than ε_low leaves room for rare tokens (DAPO's clip-higher).
    /// </summary>
    [Range(0, double.MaxValue, ErrorMessage = "it must be finite and not negative")]
    public double ClipEpsilonHigh { get; init; } = 0.2;

    /// <summary>c: with a negative advantage A the loss of a token is at most −A·c (arXiv 1912.09729); null switches it off. TRL's
    /// delta is the same number.</summary>
    [Range(1, double.MaxValue, MinimumIsExclusive = true, ErrorMessage = "it must be above 1, or null to switch the dual clip off")]
    public double? DualClip { get; init; } = 3;

    /// <summary>β: weight of the KL to the reference policy; 0 needs no reference.</summary>
    [Range(0, double.MaxValue, ErrorMessage = "it must be finite and not negative")]
    public double KlCoefficient { get; init; }

    /// <summary>The estimate of the KL.</summary>
    [EnumDataType(typeof(KlEstimator), ErrorMessage = "there is no such estimator")]
    public KlEstimator KlEstimator { get; init; } = KlEstimator.K3;

    /// <summary>Keep the estimate's value but take the gradient of K2 (verl's "k3+").</summary>
    public bool KlStraightThrough { get; init; }

    /// <summary>Multiply each token's KL by its ratio, so that it stays unbiased for tokens of older weights (TRL's
    /// use_bias_correction_kl).</summary>
    public bool KlRatioWeighted { get; init; }

    /// <summary>Weight of the entropy bonus; 0 needs no entropies.</summary>
    [Range(0, double.MaxValue, ErrorMessage = "it must be finite and not negative")]
    public double EntropyCoefficient { get; init; }

    /// <summary>How token losses become one.</summary>
    [EnumDataType(typeof(LossAggregation), ErrorMessage = "there is no such aggregation")]
    public LossAggregation Aggregation { get; init; } = LossAggregation.TokenMean;

    /// <summary>Divisor of <see cref="LossAggregation.SequenceMeanTokenSumNorm"/>, usually the longest completion allowed; null takes
    /// the padded length.</summary>
    [Range(0, double.MaxValue, MinimumIsExclusive = true, ErrorMessage = "it must be above 0")]
    public double? FixedLength { get; init; }

    /// <exception cref="ArgumentException">The settings contradict each other or are out of range; the message lists every
    /// fault.</exception>
    public void Validate() => OptionsCheck.ThrowIfInvalid(this);

    /// <inheritdoc/>
    IEnumerable<string> ICheckedOptions.Faults(OptionNames names)
    {
        if (FixedLength is not null && Aggregation != LossAggregation.SequenceMeanTokenSumNorm)
        {
            yield return $"{names[nameof(FixedLength)]} is set and {names[nameof(Aggregation)]} is {names.Value(Aggregation)}; "
                + $"only {names.Value(LossAggregation.SequenceMeanTokenSumNorm)} divides by a fixed length.";
        }

        if (KlCoefficient == 0 && (KlStraightThrough || KlRatioWeighted))
        {
            yield return $"{names[nameof(KlCoefficient)]} is 0, so {names[nameof(KlStraightThrough)]} and "
                + $"{names[nameof(KlRatioWeighted)]} would have no "
                + "effect; raise it or leave them out.";
        }
    }
}
