using System.ComponentModel.DataAnnotations;
using RewardReasoning.Recipes;

namespace RewardReasoning.Training.Dpo;

/// <summary>Losses over a pair's log-ratios to the reference; formulas in <see cref="DpoLoss"/>, names as TRL's.</summary>
internal enum DpoVariant
{
    /// <summary>−ln σ(βΔ): DPO (arXiv 2305.18290).</summary>
    Sigmoid,

    /// <summary>max(0, 1 − βΔ): SLiC (arXiv 2305.10425).</summary>
    Hinge,

    /// <summary>A squared distance of per-token means (arXiv 2310.12036).</summary>
    Ipo,

    /// <summary>Reverse KL between pair distributions (arXiv 2402.00856).</summary>
    ExoPair,

    /// <summary>Noise contrast of each response by itself (arXiv 2402.05369).</summary>
    NcaPair,

    /// <summary>Unbiased where a share of the labels is flipped (arXiv 2403.00409).</summary>
    Robust,

    /// <summary>A binary classifier, without its running mean (arXiv 2404.04656).</summary>
    BcoPair,

    /// <summary>Self-play against ½/β (arXiv 2405.00675).</summary>
    SppoHard,

    /// <summary>Chosen up, rejected down (arXiv 2408.06266).</summary>
    ApoZero,

    /// <summary>Both down, rejected further (arXiv 2408.06266).</summary>
    ApoDown,

    /// <summary>A discovered blend of the logistic and the exponential loss (arXiv 2406.08414).</summary>
    Discopop,

    /// <summary>DPO of per-token means.</summary>
    SigmoidNorm,

    /// <summary>Optimal transport between the margins of policy and reference, sorted over the whole step (arXiv 2406.05882).</summary>
    Aot,

    /// <summary>
    /// Optimal transport between the log-ratios of chosen and of rejected responses, sorted over the whole step (arXiv 2406.05882).
    /// </summary>
    AotUnpaired,
}

/// <summary>By which divergence from the reference log-ratios become rewards (arXiv 2309.16240).</summary>
internal enum DpoDivergence
{
    /// <summary>The log-ratio itself.</summary>
    ReverseKl,

    /// <summary>1 − e^(−a).</summary>
    ForwardKl,

    /// <summary>ln 2 + ln σ(a).</summary>
    JensenShannon,

    /// <summary>(e^((α−1)a) − 1) / (α − 1).</summary>
    Alpha,
}

/// <summary>Settings of direct preference optimization. Defaults are TRL's.</summary>
internal sealed record DpoOptions : ICheckedOptions
{
    private static readonly DpoVariant[] Smoothed = [DpoVariant.ExoPair, DpoVariant.Robust, DpoVariant.Aot, DpoVariant.AotUnpaired];

    /// <summary>Which loss.</summary>
    [EnumDataType(typeof(DpoVariant), ErrorMessage = "there is no such variant")]
    public DpoVariant Variant { get; init; } = DpoVariant.Sigmoid;

    /// <summary>β: the penalty for moving away from the reference.</summary>
    [Range(0.0, 1e6, MinimumIsExclusive = true, ErrorMessage = "it must be above 0")]
    public double Beta { get; init; } = 0.1;

    /// <summary>ε: share of labels taken to be flipped, for exo_pair, robust, aot and aot_unpaired.</summary>
    [Range(0.0, 0.5, MaximumIsExclusive = true, ErrorMessage = "it must be at least 0 and below 0.5")]
    public double LabelSmoothing { get; init; }

    /// <summary>The divergence that rewards are made of.</summary>
    [EnumDataType(typeof(DpoDivergence), ErrorMessage = "there is no such divergence")]
    public DpoDivergence Divergence { get; init; } = DpoDivergence.ReverseKl;

    /// <summary>α of the divergence alpha.</summary>
    [Range(0.0, 1.0, MaximumIsExclusive = true, ErrorMessage = "it must be at least 0 and below 1")]
    public double Alpha { get; init; } = 0.5;

    /// <summary>τ of discopop's blend.</summary>
    [Range(0.0, 1e3, MinimumIsExclusive = true, ErrorMessage = "it must be above 0")]
    public double DiscopopTau { get; init; } = 0.05;

    /// <summary>Weight of tokens behind the length of the pair's shorter response (arXiv 2409.06411); 1 counts all alike.</summary>
    [Range(0.0, 1.0, ErrorMessage = "it must be between 0 and 1")]
    public double ExcessTokenWeight { get; init; } = 1;

    /// <summary>Weight each pair by how likely the policy finds it (arXiv 2406.11827).</summary>
    public bool ConfidenceWeighted { get; init; }

    /// <summary>Weight of the mean cross entropy of the chosen responses' tokens, added to the loss: keeps them likely.</summary>
    [Range(0.0, 1e3, ErrorMessage = "it must be between 0 and 1000")]
    public double SftCoefficient { get; init; }

    /// <summary>Whether the loss of a pair depends on the other pairs of its step, by the ranks of their log-ratios.</summary>
    internal bool SortsBatch => Variant is DpoVariant.Aot or DpoVariant.AotUnpaired;

    /// <exception cref="ArgumentException">The settings contradict each other or are out of range; the message lists every
    /// fault.</exception>
    public void Validate() => OptionsCheck.ThrowIfInvalid(this);

    /// <inheritdoc/>
    public IEnumerable<string> Faults(OptionNames names)
    {
        if (Variant == DpoVariant.ExoPair && LabelSmoothing == 0)
        {
            yield return $"{names[nameof(Variant)]} is {names.Value(Variant)} and {names[nameof(LabelSmoothing)]} 0, whose logarithm is "
                + "not finite; "
                + $"set {names[nameof(LabelSmoothing)]}, such as 0.001.";
        }

        if (LabelSmoothing > 0 && !Smoothed.Contains(Variant))
        {
            yield return $"{names[nameof(LabelSmoothing)]} is {names.Value(LabelSmoothing)} and {names[nameof(Variant)]} "
                + $"{names.Value(Variant)}; "
                + $"only {string.Join(", ", Smoothed.Select(variant => names.Value(variant)))} use it.";
        }

        if (SortsBatch && Divergence != DpoDivergence.ReverseKl)
        {
            yield return $"{names[nameof(Variant)]} is {names.Value(Variant)} and {names[nameof(Divergence)]} {names.Value(Divergence)}; "
                + $"{names.Value(Variant)} sorts log-ratios as they are, so leave {names[nameof(Divergence)]} out.";
        }

        if (SortsBatch && ConfidenceWeighted)
        {
            yield return $"{names[nameof(Variant)]} is {names.Value(Variant)} and {names[nameof(ConfidenceWeighted)]} is on; "
                + $"{names.Value(Variant)} compares ranks, not pairs that could be weighted.";
        }
    }
}
