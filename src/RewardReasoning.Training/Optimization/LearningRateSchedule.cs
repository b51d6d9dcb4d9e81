using System.ComponentModel.DataAnnotations;
using RewardReasoning.Recipes;

namespace RewardReasoning.Training.Optimization;

/// <summary>How the learning rate falls after the warm-up.</summary>
internal enum ScheduleShape
{
    /// <summary>Not at all.</summary>
    Constant,

    /// <summary>In a straight line to the floor.</summary>
    Linear,

    /// <summary>Along half a cosine to the floor.</summary>
    Cosine,
}

/// <summary>
/// The learning rate of each optimizer step: i / warm-up, then 1, 1 − x or ½(1 + cos πx) with x = (i − warm-up) / (total − warm-up),
/// above a floor. Past the last step it stays at the floor (transformers' cosine would rise again).
/// </summary>
internal sealed record LearningRateSchedule : ICheckedOptions
{
    /// <summary>The rate at the end of the warm-up.</summary>
    [Range(0, 1e3, MinimumIsExclusive = true, ErrorMessage = "it must be above 0 and finite")]
    public required double PeakRate { get; init; }

    /// <summary>How it falls.</summary>
    [EnumDataType(typeof(ScheduleShape), ErrorMessage = "there is no such shape")]
    public ScheduleShape Shape { get; init; } = ScheduleShape.Constant;

    /// <summary>Steps until the peak; step 0 of a warm-up has rate 0.</summary>
    [Range(0, int.MaxValue, ErrorMessage = "it must not be negative")]
    public int WarmupSteps { get; init; }

    /// <summary>Steps until the floor; needed for all shapes but the constant.</summary>
    [Range(0, int.MaxValue, ErrorMessage = "it must not be negative")]
    public int TotalSteps { get; init; }

    /// <summary>The floor as a share of the peak.</summary>
    [Range(0.0, 1.0, ErrorMessage = "it must be between 0 and 1")]
    public double FloorRatio { get; init; }

    /// <exception cref="ArgumentException">The settings contradict each other or are out of range; the message lists every
    /// fault.</exception>
    public void Validate() => OptionsCheck.ThrowIfInvalid(this);

    /// <summary>The rate of step <paramref name="step"/>, counted from 0.</summary>
    public double At(long step)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(step);
        if (step < WarmupSteps)
        {
            return PeakRate * step / WarmupSteps;
        }

        double progress = Math.Min(1, (step - WarmupSteps) / (double)Math.Max(1, TotalSteps - WarmupSteps));
        double fall = Shape switch
        {
            ScheduleShape.Constant => 1,
            ScheduleShape.Linear => 1 - progress,
            ScheduleShape.Cosine => 0.5 * (1 + Math.Cos(Math.PI * progress)),
            _ => throw new InvalidOperationException($"There is no schedule shape {Shape}."),
        };
        return PeakRate * (((1 - FloorRatio) * fall) + FloorRatio);
    }

    /// <inheritdoc/>
    public IEnumerable<string> Faults(OptionNames names)
    {
        if (Shape != ScheduleShape.Constant && TotalSteps <= WarmupSteps)
        {
            yield return $"{names[nameof(TotalSteps)]} is {TotalSteps} and {names[nameof(WarmupSteps)]} {WarmupSteps}; "
                + $"{names.Value(Shape)} needs more steps in all than for the warm-up.";
        }
    }
}
