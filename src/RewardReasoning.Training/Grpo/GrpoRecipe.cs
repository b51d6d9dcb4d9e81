using System.ComponentModel.DataAnnotations;
using RewardReasoning.Training.Optimization;
using RewardReasoning.Training.Runs;

namespace RewardReasoning.Training.Grpo;

/// <summary>From a step on, only pairs of these difficulties are drawn.</summary>
/// <param name="FromStep">First step, counted from 0.</param>
/// <param name="Difficulties">Values of the pairs' <c>difficulty</c> field.</param>
public sealed record CurriculumStage(int FromStep, IReadOnlyList<string> Difficulties);

/// <summary>Judging held-out pairs on the way: one vote for each of both orders.</summary>
public sealed record JudgeEvaluationOptions
{
    /// <summary>Labelled pair file; its pairs must not be trained on.</summary>
    public required string Data { get; init; }

    /// <summary>Steps between measurements; the last step is always measured.</summary>
    [Range(1, int.MaxValue)]
    public int Every { get; init; } = 20;

    /// <summary>How many of the pairs, from the first on.</summary>
    [Range(1, int.MaxValue)]
    public int Pairs { get; init; } = 300;

    /// <summary>Temperature of the vote.</summary>
    [Range(0.0, 10.0)]
    public double Temperature { get; init; } = 0.6;
}

/// <summary>Training a judge by reinforcement learning alone (arXiv 2505.14674, section 3): GRPO on the ±1 reward of its verdicts.</summary>
public sealed record GrpoRecipe
{
    /// <summary>The run's folder; its finished model lies in <c>model/</c>.</summary>
    public required string Out { get; init; }

    /// <summary>Folder of the model to start from; its <c>judge-prompt.txt</c>, if it has one, is what the judge is shown.</summary>
    public required string Model { get; init; }

    /// <summary>Labelled pair file.</summary>
    public required string Data { get; init; }

    /// <summary>Optimizer steps, one batch of fresh rollouts each.</summary>
    [Range(1, int.MaxValue)]
    public required int Steps { get; init; }

    /// <summary>Pairs of a step. Each is shown in both orders, and all its rollouts are one group: a judge that always names the same
    /// side earns nothing within it.</summary>
    [Range(1, 65_536)]
    public int PairsPerStep { get; init; } = 32;

    /// <summary>Rollouts of each order.</summary>
    [Range(1, 4_096)]
    public int RolloutsPerOrder { get; init; } = 6;

    /// <summary>Temperature of the rollouts.</summary>
    [Range(0.0, 10.0, MinimumIsExclusive = true)]
    public double Temperature { get; init; } = 1;

    /// <summary>Longest completion in tokens; what is cut there is unparsable.</summary>
    [Range(1, 1 << 20)]
    public int MaxTokens { get; init; } = 340;

    /// <summary>For this many steps only tokens behind the thought are trained, so that the verdict learns to follow the thought before
    /// thoughts begin to move.</summary>
    [Range(0, int.MaxValue)]
    public int VerdictOnlySteps { get; init; }

    /// <summary>Which pairs when; empty draws from all.</summary>
    public IReadOnlyList<CurriculumStage> Curriculum { get; init; } = [];

    /// <summary>Objective.</summary>
    public GrpoOptions Loss { get; init; } = new();

    /// <summary>Advantages.</summary>
    public GroupAdvantageOptions Advantage { get; init; } = new();

    /// <summary>Peak learning rate.</summary>
    [Range(0.0, 1.0, MinimumIsExclusive = true)]
    public double LearningRate { get; init; } = 1e-4;

    /// <summary>Steps of linear warm-up.</summary>
    [Range(0, int.MaxValue)]
    public int WarmupSteps { get; init; } = 5;

    /// <summary>How the rate falls after the warm-up.</summary>
    public ScheduleShape Schedule { get; init; } = ScheduleShape.Constant;

    /// <summary>The last rate as a share of the peak.</summary>
    [Range(0.0, 1.0)]
    public double FinalRateRatio { get; init; }

    /// <summary>AdamW's other settings.</summary>
    public AdamWOptions Optimizer { get; init; } = new() { Beta2 = 0.99, WeightDecay = 0 };

    /// <summary>Gradients are scaled down to this global norm.</summary>
    [Range(0.0, 1e6, MinimumIsExclusive = true)]
    public double ClipNorm { get; init; } = 1;

    /// <summary>Tokens, padding included, that a worker puts through the model at once in the update.</summary>
    [Range(1, 1 << 24)]
    public int TokensPerPass { get; init; } = 2_048;

    /// <summary>Seed of the order of pairs and of the rollouts.</summary>
    public ulong Seed { get; init; } = 42;

    /// <summary>Threads that share a step; part of the recipe, because sampled tokens depend on it.</summary>
    [Range(1, 256)]
    public int Workers { get; init; } = 2;

    /// <summary>Steps between checkpoints.</summary>
    [Range(1, int.MaxValue)]
    public int CheckpointEvery { get; init; } = 10;

    /// <summary>Measurements on the way; null for none.</summary>
    public JudgeEvaluationOptions? Evaluation { get; init; }

    /// <summary>The difficulties allowed at a step; null: all.</summary>
    public IReadOnlyList<string>? DifficultiesAt(int step) => Curriculum.LastOrDefault(stage => stage.FromStep <= step)?.Difficulties;

    /// <exception cref="RecipeException">A value is out of range; every fault is listed.</exception>
    public void Validate() => RecipeFaults.ThrowIfAny(this, Faults());

    private IEnumerable<string> Faults()
    {
        if (PairsPerStep < Workers)
        {
            yield return $"pairs_per_step is {PairsPerStep} and workers {Workers}; each worker needs at least one pair.";
        }

        for (int i = 1; i < Curriculum.Count; i++)
        {
            if (Curriculum[i].FromStep <= Curriculum[i - 1].FromStep)
            {
                yield return $"curriculum stage {i + 1} begins at step {Curriculum[i].FromStep}, not after the stage before it; order the stages by from_step.";
            }
        }
    }
}
