using RewardReasoning.Recipes;

namespace RewardReasoning.Lab;

/// <summary>What a step of a lab does.</summary>
internal enum LabStepKind
{
    /// <summary>Makes a tokenizer (<see cref="RewardReasoning.Text.Tokenization.TokenizerRecipe"/>) in <see cref="LabStep.To"/>.</summary>
    Tokenizer,

    /// <summary>Writes the data of an arithmetic world.</summary>
    World,

    /// <summary>Writes the data of a world of short texts.</summary>
    TextWorld,

    /// <summary>Supervised training.</summary>
    Sft,

    /// <summary>Reinforcement learning of a judge.</summary>
    Grpo,

    /// <summary>Reinforcement learning of a policy by a judge's rankings.</summary>
    Policy,

    /// <summary>
    /// Copies a finished model from <see cref="LabStep.From"/> to <see cref="LabStep.To"/>, beside the card that lies there.
    /// </summary>
    Publish,
}

/// <summary>One step of a lab.</summary>
internal sealed record LabStep
{
    /// <summary>What it does.</summary>
    public required LabStepKind Kind { get; init; }

    /// <summary>The recipe of the step; publishing needs none.</summary>
    public string? Recipe { get; init; }

    /// <summary>Folder to publish.</summary>
    public string? From { get; init; }

    /// <summary>Folder that a tokenizer or a published model goes to.</summary>
    public string? To { get; init; }

    /// <summary>
    /// Of published adapters: the name of their base for those who use them; null leaves the folder they were trained on.
    /// </summary>
    public string? Base { get; init; }
}

/// <summary>A model made from nothing: steps one after another, each skipped or resumed where an earlier call got to.</summary>
internal sealed record LabRecipe : ICheckedOptions
{
    /// <summary>The steps in their order.</summary>
    public required IReadOnlyList<LabStep> Steps { get; init; }

    /// <exception cref="RewardReasoningException">A step lacks what it needs; every fault is listed.</exception>
    public void Validate() => OptionsCheck.ThrowIfInvalidRecipe(this);

    /// <inheritdoc/>
    public IEnumerable<string> Faults(OptionNames names)
    {
        ArgumentNullException.ThrowIfNull(names);
        return Steps.SelectMany((step, index) => Faults(step, names.Inside(nameof(Steps), index)));
    }

    private static IEnumerable<string> Faults(LabStep step, OptionNames names)
    {
        if (step.Kind != LabStepKind.Publish && step.Recipe is null)
        {
            yield return Missing(nameof(step.Recipe));
        }

        if (step.Kind == LabStepKind.Publish && step.From is null)
        {
            yield return Missing(nameof(step.From));
        }

        if (step.Kind is LabStepKind.Publish or LabStepKind.Tokenizer && step.To is null)
        {
            yield return Missing(nameof(step.To));
        }

        string Missing(string member) => $"{names[member]} is missing; a step of kind {names.Value(step.Kind)} needs it.";
    }
}
