using RewardReasoning.Training.Runs;

namespace RewardReasoning.Lab;

/// <summary>What a step of a lab does.</summary>
public enum LabStepKind
{
    /// <summary>Makes a tokenizer (<see cref="RewardReasoning.Text.Tokenization.TokenizerRecipe"/>) in <see cref="LabStep.To"/>.</summary>
    Tokenizer,

    /// <summary>Writes the data of an arithmetic world.</summary>
    World,

    /// <summary>Supervised training.</summary>
    Sft,

    /// <summary>Reinforcement learning of a judge, or of a policy by a judge's rankings.</summary>
    Grpo,

    /// <summary>
    /// Copies a finished model from <see cref="LabStep.From"/> to <see cref="LabStep.To"/>, beside the card that lies there.
    /// </summary>
    Publish,
}

/// <summary>One step of a lab.</summary>
public sealed record LabStep
{
    /// <summary>What it does.</summary>
    public required LabStepKind Kind { get; init; }

    /// <summary>The recipe of the step; publishing needs none.</summary>
    public string? Recipe { get; init; }

    /// <summary>Folder to publish.</summary>
    public string? From { get; init; }

    /// <summary>Folder that a tokenizer or a published model goes to.</summary>
    public string? To { get; init; }
}

/// <summary>A model made from nothing: steps one after another, each skipped or resumed where an earlier call got to.</summary>
public sealed record LabRecipe : ICheckedOptions
{
    /// <summary>The steps in their order.</summary>
    public required IReadOnlyList<LabStep> Steps { get; init; }

    /// <exception cref="RecipeException">A step lacks what it needs; every fault is listed.</exception>
    public void Validate() => RecipeFaults.ThrowIfAny(this);

    /// <inheritdoc/>
    public IEnumerable<string> Faults() => Steps.SelectMany((step, index) => Faults(step, index + 1));

    private static IEnumerable<string> Faults(LabStep step, int number)
    {
        if (step.Kind != LabStepKind.Publish && step.Recipe is null)
        {
            yield return $"Step {number} ({step.Kind}) needs \"recipe\".";
        }

        if (step.Kind == LabStepKind.Publish && step.From is null)
        {
            yield return $"Step {number} (Publish) needs \"from\".";
        }

        if (step.Kind is LabStepKind.Publish or LabStepKind.Tokenizer && step.To is null)
        {
            yield return $"Step {number} ({step.Kind}) needs \"to\".";
        }
    }
}
