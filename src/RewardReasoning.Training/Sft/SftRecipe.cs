using System.ComponentModel.DataAnnotations;
using RewardReasoning.Training.Optimization;
using RewardReasoning.Training.Runs;

namespace RewardReasoning.Training.Sft;

/// <summary>A supervised run: documents of prompt and completion, packed into rows, one pass or several.</summary>
public sealed record SftRecipe
{
    /// <summary>The run's folder; its finished model lies in <c>model/</c>.</summary>
    public required string Out { get; init; }

    /// <summary>Folder of the model to start from. Its weights may be missing: then they are drawn at random from <see cref="Seed"/>,
    /// and the folder gives configuration, tokenizer and template.</summary>
    public required string Model { get; init; }

    /// <summary>JSONL of <c>prompt</c> and <c>completion</c> (see <see cref="SftDocuments"/>).</summary>
    public required string Data { get; init; }

    /// <summary>Optimizer steps.</summary>
    [Range(1, int.MaxValue)]
    public required int Steps { get; init; }

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

    /// <summary>Peak learning rate.</summary>
    [Range(0.0, 1.0, MinimumIsExclusive = true)]
    public double LearningRate { get; init; } = 2e-3;

    /// <summary>Steps of linear warm-up.</summary>
    [Range(0, int.MaxValue)]
    public int WarmupSteps { get; init; } = 150;

    /// <summary>How the rate falls after the warm-up.</summary>
    public ScheduleShape Schedule { get; init; } = ScheduleShape.Cosine;

    /// <summary>The last rate as a share of the peak.</summary>
    [Range(0.0, 1.0)]
    public double FinalRateRatio { get; init; } = 0.04;

    /// <summary>AdamW's other settings.</summary>
    public AdamWOptions Optimizer { get; init; } = new() { Beta2 = 0.98, WeightDecay = 0.01 };

    /// <summary>Gradients are scaled down to this global norm.</summary>
    [Range(0.0, 1e6, MinimumIsExclusive = true)]
    public double ClipNorm { get; init; } = 1;

    /// <summary>Type of the matrix products; weights, gradients, norms and losses stay float32. bfloat16 is faster where the processor
    /// has units for it, and slower elsewhere.</summary>
    public MatrixProducts Products { get; init; }

    /// <summary>Seed of the weights and of the order of documents.</summary>
    public ulong Seed { get; init; } = 42;

    /// <summary>Threads that share a step; part of the recipe, because sums depend on it in the last bit.</summary>
    [Range(1, 256)]
    public int Workers { get; init; } = 2;

    /// <summary>Steps between checkpoints.</summary>
    [Range(1, int.MaxValue)]
    public int CheckpointEvery { get; init; } = 200;

    /// <summary>Measurements on the way; null for none.</summary>
    public ExactMatchOptions? Evaluation { get; init; }

    /// <exception cref="RecipeException">A value is out of range; every fault is listed.</exception>
    public void Validate() => RecipeFaults.ThrowIfAny(this);
}
