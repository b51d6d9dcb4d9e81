using System.ComponentModel.DataAnnotations;
using System.Text.Json.Nodes;
using RewardReasoning.Models.Decoder;
using RewardReasoning.Recipes;
using RewardReasoning.Training.Optimization;

namespace RewardReasoning.Training.Runs;

/// <summary>What every kind of training needs: the model, the run's folder, how weights are updated, what is saved.</summary>
internal abstract record TrainingRecipe : ICheckedOptions
{
    private readonly int? _warmupSteps;

    /// <summary>The run's folder; the finished model is in its <c>model/</c>.</summary>
    public required string Out { get; init; }

    /// <summary>Folder of the model to start from.</summary>
    public required string Model { get; init; }

    /// <summary>Steps of the run.</summary>
    [Range(1, int.MaxValue)]
    public required int Steps { get; init; }

    /// <summary>Peak learning rate.</summary>
    [Range(0.0, 1.0, MinimumIsExclusive = true)]
    public double LearningRate { get; init; }

    /// <summary>Steps of linear warm-up; by default at most a quarter of <c>steps</c>.</summary>
    [Range(0, int.MaxValue)]
    public int WarmupSteps
    {
        get => _warmupSteps ?? (Steps > 0 ? Math.Min(UsualWarmupSteps, Steps / 4) : UsualWarmupSteps);
        init => _warmupSteps = value;
    }

    /// <summary>How the rate falls after the warm-up.</summary>
    public ScheduleShape Schedule { get; init; }

    /// <summary>The last rate as a share of the peak.</summary>
    [Range(0.0, 1.0)]
    public double FinalRateRatio { get; init; }

    /// <summary>AdamW's other settings.</summary>
    public AdamWOptions Optimizer { get; init; } = new();

    /// <summary>Gradients are scaled down to this global norm.</summary>
    [Range(0.0, 1e6, MinimumIsExclusive = true)]
    public double ClipNorm { get; init; } = 1;

    /// <summary>Type of the weights in memory. With bfloat16 (or bf16) the optimizer keeps float32 master copies, gradients are summed in
    /// float32, and the finished model is stored in bfloat16.</summary>
    public WeightType Weights { get; init; }

    /// <summary>Type of the matrix products over float32 weights; gradients, norms and losses stay float32. bfloat16 is faster where the
    /// processor has units for it, and slower elsewhere.</summary>
    public MatrixProducts Products { get; init; }

    /// <summary>Train low-rank adapters (LoRA) on all linear layers instead of the weights; null trains the weights. In the finished model
    /// they are merged; <c>adapter/</c> beside it has them in PEFT's layout.</summary>
    public LowRankOptions? Lora { get; init; }

    /// <summary>Gradient checkpointing: keep only the input of each layer and recompute the layer in the backward pass; a third more work
    /// for much less memory.</summary>
    public bool RecomputeLayers { get; init; }

    /// <summary>Further variables of the chat template, such as <c>{"enable_thinking": false}</c>; null for none.</summary>
    public JsonObject? TemplateArgs { get; init; }

    /// <summary>Where tensors are computed: <c>cpu</c>, <c>cuda</c> or <c>cuda:N</c>.</summary>
    [RegularExpression("cpu|cuda(:[0-9]+)?", ErrorMessage = "it must be cpu, cuda or cuda:N")]
    public string Device { get; init; } = "cpu";

    /// <summary>Seed of everything that is drawn: first weights, order of the data, rollouts.</summary>
    public ulong Seed { get; init; } = 42;

    /// <summary>Threads that share a step; part of the recipe, because sums and sampled tokens depend on it in the last bit.</summary>
    [Range(1, 256)]
    public int Workers { get; init; } = 2;

    /// <summary>Steps between checkpoints.</summary>
    [Range(1, int.MaxValue)]
    public int CheckpointEvery { get; init; } = 200;

    /// <summary>Checkpoints of steps that are a multiple of this are kept for good; 0 keeps the last one alone.</summary>
    [Range(0, int.MaxValue)]
    public int KeepEvery { get; init; }

    /// <summary>Measure held-out data before the first step too, logged as step 0; it decides nothing.</summary>
    public bool MeasureFirst { get; init; }

    /// <summary>When to end before the last step; null: never.</summary>
    public EarlyStopOptions? EarlyStop { get; init; }

    /// <summary>The model as the user named it, where <see cref="Model"/> is the folder that a hub's model was fetched to.</summary>
    internal string? GivenModel { get; init; }

    /// <summary>Name of the base in cards and adapters.</summary>
    internal string BaseName => GivenModel ?? Model;

    /// <summary>The method's name in a sentence, and its tag on the hub.</summary>
    internal abstract (string Name, string Tag) Method { get; }

    /// <summary>The warm-up of a method's long runs.</summary>
    protected int UsualWarmupSteps { get; init; }

    /// <summary>The learning rate of each step; the last one is never 0.</summary>
    internal LearningRateSchedule RateSchedule =>
        new()
        {
            PeakRate = LearningRate,
            Shape = Schedule,
            WarmupSteps = WarmupSteps,
            TotalSteps = FinalRateRatio == 0 ? Steps + 1 : Steps,
            FloorRatio = FinalRateRatio,
        };

    /// <exception cref="RewardReasoningException">A value is out of range or contradicts another; every fault is listed.</exception>
    public void Validate() => OptionsCheck.ThrowIfInvalidRecipe(this);

    /// <inheritdoc/>
    public virtual IEnumerable<string> Faults(OptionNames names)
    {
        if (Schedule != ScheduleShape.Constant && Steps > 0 && Steps <= WarmupSteps)
        {
            yield return $"{names[nameof(Steps)]} is {Steps} and {names[nameof(WarmupSteps)]} {WarmupSteps}; "
                + $"a {names.Value(Schedule)} schedule needs more steps than its warm-up has.";
        }

        if (Weights == WeightType.Bfloat16 && Products == MatrixProducts.Bfloat16)
        {
            yield return $"{names[nameof(Weights)]} and {names[nameof(Products)]} are both bfloat16; bfloat16 weights are multiplied as "
                + "they "
                + $"are, so leave {names[nameof(Products)]} out.";
        }
    }
}

/// <summary>
/// Ends a run when its measurements on held-out data no longer improve; the finished model is then the best one measured.
/// </summary>
internal sealed record EarlyStopOptions
{
    /// <summary>Measurements in a row without a new best before the run ends.</summary>
    [Range(1, int.MaxValue)]
    public int Patience { get; init; } = 5;

    /// <summary>How much better than the best a measurement must be to count.</summary>
    [Range(0.0, double.MaxValue)]
    public double MinimumGain { get; init; }
}

/// <summary>Type of the weights in memory.</summary>
internal enum WeightType
{
    /// <summary>float32.</summary>
    [Display(ShortName = "float32")]
    Full,

    /// <summary>Half the memory, over float32 master copies that the optimizer keeps.</summary>
    [Display(ShortName = "bf16")]
    Bfloat16,
}
