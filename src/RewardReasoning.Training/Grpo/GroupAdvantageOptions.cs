using System.ComponentModel.DataAnnotations;
using RewardReasoning.Recipes;

namespace RewardReasoning.Training.Grpo;

/// <summary>By what a group's centred rewards are divided.</summary>
public enum AdvantageScale
{
    /// <summary>The unbiased standard deviation of the group.</summary>
    Group,

    /// <summary>The unbiased standard deviation of all rewards of the batch.</summary>
    Batch,

    /// <summary>Nothing: the advantage is the reward less the group's mean (Dr.GRPO).</summary>
    None,
}

/// <summary>How rewards become advantages. The defaults are verl's; TRL adds 1e-4 to the standard deviation instead of 1e-6.</summary>
public sealed record GroupAdvantageOptions
{
    /// <summary>By what the centred rewards are divided.</summary>
    public AdvantageScale Scale { get; init; } = AdvantageScale.Group;

    /// <summary>Added to the standard deviation before dividing.</summary>
    [Range(0.0, 1.0, MinimumIsExclusive = true, ErrorMessage = "it must be above 0 and at most 1 (verl: 1e-6, TRL: 1e-4)")]
    public double Epsilon { get; init; } = 1e-6;

    /// <exception cref="ArgumentException">A value is out of range; the message lists every fault.</exception>
    public void Validate() => OptionsCheck.ThrowIfInvalid(this);
}
