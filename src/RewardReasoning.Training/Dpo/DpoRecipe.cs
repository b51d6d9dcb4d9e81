using RewardReasoning.Recipes;
using RewardReasoning.Training.Optimization;
using RewardReasoning.Training.Preferences;

namespace RewardReasoning.Training.Dpo;

/// <summary>
/// Direct preference optimization: the chosen responses of labelled pairs become likelier than the rejected ones, measured against a
/// frozen reference. Pairs may come from data files or from <c>rrm label</c>.
/// </summary>
internal sealed record DpoRecipe : PreferenceRecipe
{
    /// <summary>A recipe with the defaults of direct preference optimization.</summary>
    public DpoRecipe()
    {
        LearningRate = 1e-6;
        UsualWarmupSteps = 10;
        Schedule = ScheduleShape.Linear;
        Optimizer = new AdamWOptions { WeightDecay = 0 };
        CheckpointEvery = 50;
    }

    /// <summary>Objective.</summary>
    public DpoOptions Loss { get; init; } = new();

    /// <summary>Folder of the frozen reference; null takes the model that the run starts from.</summary>
    public string? Reference { get; init; }

    /// <summary>Compute a prompt once for both its responses.</summary>
    public bool SharePrompts { get; init; }

    internal override (string Name, string Tag) Method => ("direct preference optimization", "dpo");

    /// <inheritdoc/>
    public override IEnumerable<string> Faults(OptionNames names)
    {
        foreach (string fault in base.Faults(names))
        {
            yield return fault;
        }

        if (SharePrompts && RecomputeLayers)
        {
            yield return $"{names[nameof(SharePrompts)]} and {names[nameof(RecomputeLayers)]} are both on; "
                + "layers are computed again for whole rows only, so switch one of them off.";
        }
    }
}
