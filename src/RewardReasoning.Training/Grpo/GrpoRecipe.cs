using System.ComponentModel.DataAnnotations;
using RewardReasoning.Recipes;
using RewardReasoning.Training.Optimization;
using RewardReasoning.Training.Runs;

namespace RewardReasoning.Training.Grpo;

/// <summary>What happens to completions that are too long.</summary>
internal sealed record OverlongOptions
{
    /// <summary>
    /// Leaves the tokens of completions that were cut at <c>max_tokens</c> out of training: being cut is neither rewarded nor punished.
    /// </summary>
    public bool MaskCut { get; init; }

    /// <summary>The last tokens before <c>max_tokens</c>, over which the reward falls linearly (DAPO, arXiv 2503.14476, equation 13);
    /// 0 switches this off.</summary>
    [Range(0, 1 << 20)]
    public int Buffer { get; init; }

    /// <summary>How far it falls.</summary>
    [Range(0.0, 1e3)]
    public double Penalty { get; init; } = 1;

    /// <summary>What is added to the reward of a completion of this length; at most 0.</summary>
    public double Shape(int length, int maxTokens) =>
        Buffer == 0 ? 0 : -Penalty * Math.Clamp((length - (maxTokens - Buffer)) / (double)Buffer, 0, 1);
}

/// <summary>Measuring held-out data during the run.</summary>
internal abstract record RolloutEvaluationOptions
{
    /// <summary>Steps between measurements; the last step is always measured.</summary>
    [Range(1, int.MaxValue)]
    public int Every { get; init; } = 20;

    /// <summary>Sampling temperature; 0 is greedy.</summary>
    [Range(0.0, 10.0)]
    public double Temperature { get; init; } = 0.6;
}

/// <summary>
/// Reinforcement learning with group-relative advantages (GRPO, arXiv 2402.03300): a step samples a group of completions for each item,
/// rewards them, and updates the weights by how each compares with its group. A step is one batch of fresh rollouts.
/// </summary>
internal abstract record GrpoRecipe : TrainingRecipe
{
    /// <summary>A recipe with the defaults of reinforcement learning.</summary>
    protected GrpoRecipe()
    {
        LearningRate = 1e-4;
        UsualWarmupSteps = 5;
        Optimizer = new AdamWOptions { Beta2 = 0.99, WeightDecay = 0 };
        CheckpointEvery = 10;
    }

    /// <summary>Temperature of the rollouts.</summary>
    [Range(0.0, 10.0, MinimumIsExclusive = true)]
    public double Temperature { get; init; } = 1;

    /// <summary>Longest completion in tokens; a judgment that is cut there has no verdict, a response that is cut there loses every
    /// match.</summary>
    [Range(1, 1 << 20)]
    public int MaxTokens { get; init; } = 340;

    /// <summary>Objective.</summary>
    public GrpoOptions Loss { get; init; } = new();

    /// <summary>How rewards become advantages.</summary>
    public GroupAdvantageOptions Advantage { get; init; } = new();

    /// <summary>Folder of the frozen reference model that <c>loss.kl_coefficient</c> keeps the trained model close to; null takes the
    /// model that the run starts from.</summary>
    public string? Reference { get; init; }

    /// <summary>Adjusts the KL's coefficient so that the KL stays near a target; null leaves it unchanged.</summary>
    public AdaptiveKl? KlControl { get; init; }

    /// <summary>How many times the rollouts of a step are trained on.</summary>
    [Range(1, 100)]
    public int Epochs { get; init; } = 1;

    /// <summary>Parts into which the groups of a step are split, each with an update of its own. With more than one update a step, ratios
    /// are taken against the weights that sampled.</summary>
    [Range(1, 4_096)]
    public int Minibatches { get; init; } = 1;

    /// <summary>Dynamic sampling (DAPO): groups whose rollouts all have the same reward give no gradient and are replaced by fresh ones,
    /// at most this many times a step; 0 keeps them.</summary>
    [Range(0, 100)]
    public int ResampleRounds { get; init; }

    /// <summary>What happens to completions that are too long.</summary>
    public OverlongOptions Overlong { get; init; } = new();

    /// <summary>Compute each prompt once for all its completions in the update. Useful where prompts are long beside completions.</summary>
    public bool SharePrompts { get; init; }

    /// <summary>Tokens, padding included, that a worker puts through the model at once in the update.</summary>
    [Range(1, 1 << 24)]
    public int TokensPerPass { get; init; } = 2_048;

    /// <summary>Groups of a step: pairs of a judge, questions of a policy.</summary>
    internal abstract int GroupsPerStep { get; }

    /// <summary>C# name of the field that holds <see cref="GroupsPerStep"/>.</summary>
    internal abstract string GroupsPerStepName { get; }

    /// <summary>Measurements during the run; null for none.</summary>
    internal abstract RolloutEvaluationOptions? Measured { get; }

    /// <summary>Steps at the beginning in which only tokens after the reasoning are trained.</summary>
    internal virtual int AnswerOnlySteps => 0;

    /// <inheritdoc/>
    public override IEnumerable<string> Faults(OptionNames names)
    {
        foreach (string fault in base.Faults(names))
        {
            yield return fault;
        }

        if (GroupsPerStep < Workers)
        {
            yield return $"{names[GroupsPerStepName]} is {GroupsPerStep} and {names[nameof(Workers)]} {Workers}; "
                + "each worker needs at least one group.";
        }
        else if (Minibatches * Workers > GroupsPerStep)
        {
            yield return $"{names[nameof(Minibatches)]} is {Minibatches}, {names[nameof(Workers)]} {Workers} and "
                + $"{names[GroupsPerStepName]} {GroupsPerStep}; each minibatch needs a group for each worker.";
        }

        if (SharePrompts && RecomputeLayers)
        {
            yield return $"{names[nameof(SharePrompts)]} and {names[nameof(RecomputeLayers)]} are both on; "
                + "layers are recomputed for whole rows only, so switch one of them off.";
        }

        if (Overlong.Buffer >= MaxTokens)
        {
            yield return $"{names[nameof(Overlong), nameof(Overlong.Buffer)]} is {Overlong.Buffer} and {names[nameof(MaxTokens)]} "
                + $"{MaxTokens}; the buffer is the last part of the completion, so it must be shorter.";
        }

        if (Loss.KlCoefficient == 0 && (Reference is not null || KlControl is not null))
        {
            yield return $"{names[nameof(Loss), nameof(Loss.KlCoefficient)]} is 0, so there is no KL for {names[nameof(Reference)]} and "
                + $"{names[nameof(KlControl)]}; raise it or leave them out.";
        }
    }
}
