using System.ComponentModel.DataAnnotations;
using RewardReasoning.Recipes;
using RewardReasoning.Training.Losses;
using RewardReasoning.Training.Optimization;
using RewardReasoning.Training.Runs;

namespace RewardReasoning.Training.Sft;

/// <summary>
/// A supervised run: documents of prompt and completion, packed into rows, one pass or several. The model's weights may be missing: then
/// they are drawn at random from the seed, and its folder gives configuration, tokenizer and template.
/// </summary>
internal sealed record SftRecipe : TrainingRecipe
{
    /// <summary>A recipe with the defaults of supervised training.</summary>
    public SftRecipe()
    {
        LearningRate = 2e-3;
        UsualWarmupSteps = 150;
        Schedule = ScheduleShape.Cosine;
        FinalRateRatio = 0.04;
        Optimizer = new AdamWOptions { Beta2 = 0.98, WeightDecay = 0.01 };
        CheckpointEvery = 200;
    }

    /// <summary>JSON lines, packed or not: <c>prompt</c> and <c>completion</c>, or any layout that <c>rrm data inspect</c> calls a question
    /// with
    /// an answer, a labelled pair (the better response is learnt) or messages that end with the assistant's (see <see
    /// cref="SftDocuments"/>).</summary>
    public required string Data { get; init; }

    /// <summary>Rows of a step, shared out among the workers.</summary>
    [Range(1, 65_536)]
    public int RowsPerStep { get; init; } = 24;

    /// <summary>Rows that a worker puts through the model at once; fewer need less memory and stay in the processor's cache.</summary>
    [Range(1, 65_536)]
    public int RowsPerPass { get; init; } = 3;

    /// <summary>Tokens of a row; documents longer than that are left out, and counted.</summary>
    [Range(8, 1 << 20)]
    public int RowTokens { get; init; } = 352;

    /// <summary>Documents that wait to be packed; from these the longest that fits is taken.</summary>
    [Range(1, 1 << 20)]
    public int PackingPool { get; init; } = 160;

    /// <summary>Whether documents that share a row see each other. Alone costs an attention mask; a short document packed behind others
    /// then learns exactly what it would in a row of its own.</summary>
    public bool DocumentsAlone { get; init; }

    /// <summary>Label smoothing and weighting by probability.</summary>
    public CrossEntropyOptions Loss { get; init; } = new();

    /// <summary>Prompts answered on the way; null for none.</summary>
    public ExactMatchOptions? Evaluation { get; init; }

    /// <summary>Documents measured on the way and never trained on; null for none.</summary>
    public HeldOutOptions? HeldOut { get; init; }

    internal override (string Name, string Tag) Method => ("supervised training", "sft");

    /// <inheritdoc/>
    public override IEnumerable<string> Faults(OptionNames names)
    {
        foreach (string fault in base.Faults(names))
        {
            yield return fault;
        }

        if (Evaluation is { } evaluation && HeldOut is { } held && evaluation.Every != held.Every)
        {
            yield return $"{names[nameof(Evaluation), nameof(evaluation.Every)]} is {evaluation.Every} and "
                + $"{names[nameof(HeldOut), nameof(held.Every)]} {held.Every}; both are measured at the same steps, so give them one "
                + "number.";
        }
    }
}
