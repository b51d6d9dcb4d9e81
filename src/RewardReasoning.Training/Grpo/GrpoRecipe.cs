using System.ComponentModel.DataAnnotations;
using RewardReasoning.Recipes;
using RewardReasoning.Training.Optimization;
using RewardReasoning.Training.Policies;
using RewardReasoning.Training.Runs;

namespace RewardReasoning.Training.Grpo;

/// <summary>From a step on, only pairs of these difficulties are drawn.</summary>
/// <param name="FromStep">First step, counted from 0.</param>
/// <param name="Difficulties">Values of the pairs' <c>difficulty</c> field.</param>
public sealed record CurriculumStage(int FromStep, IReadOnlyList<string> Difficulties);

/// <summary>Only pairs whose <c>difficulty</c>, a number, lies in between are trained on.</summary>
public sealed record DifficultyRange : ICheckedOptions
{
    /// <summary>The least; null for any.</summary>
    public double? Min { get; init; }

    /// <summary>The greatest; null for any.</summary>
    public double? Max { get; init; }

    /// <summary>Whether it lies in between.</summary>
    public bool Contains(double difficulty) => !(difficulty < Min) && !(difficulty > Max);

    /// <inheritdoc/>
    public IEnumerable<string> Faults(OptionNames names)
    {
        if (Min is null && Max is null)
        {
            yield return $"neither {names[nameof(Min)]} nor {names[nameof(Max)]} is given; give one, or leave both out.";
        }

        if (Min > Max)
        {
            yield return $"{names[nameof(Min)]} is {names.Value(Min)} and {names[nameof(Max)]} {names.Value(Max)}; no difficulty is between them.";
        }
    }
}

/// <summary>What becomes of completions that are too long.</summary>
public sealed record OverlongOptions
{
    /// <summary>
    /// Tokens of completions that were cut at <c>max_tokens</c> are not trained on: being cut is neither rewarded nor punished.
    /// </summary>
    public bool MaskCut { get; init; }

    /// <summary>The last tokens before <c>max_tokens</c> over which a reward falls in a straight line (DAPO, arXiv 2503.14476, equation
    /// 13);
    /// 0 for no such fall.</summary>
    [Range(0, 1 << 20)]
    public int Buffer { get; init; }

    /// <summary>How far it falls.</summary>
    [Range(0.0, 1e3)]
    public double Penalty { get; init; } = 1;

    /// <summary>What a completion of a length loses of its reward; at most 0.</summary>
    public double Shape(int length, int maxTokens) =>
        Buffer == 0 ? 0 : -Penalty * Math.Clamp((length - (maxTokens - Buffer)) / (double)Buffer, 0, 1);
}

/// <summary>Judging held-out pairs on the way, one vote for each of both orders; for a policy, answering held-out questions.</summary>
public sealed record JudgeEvaluationOptions
{
    /// <summary>Labelled pair file, or for a policy questions with answers, which rules compare; they must not be trained on.</summary>
    public required string Data { get; init; }

    /// <summary>Steps between measurements; the last step is always measured.</summary>
    [Range(1, int.MaxValue)]
    public int Every { get; init; } = 20;

    /// <summary>How many of the pairs or questions, from the first on.</summary>
    [Range(1, int.MaxValue)]
    public int Pairs { get; init; } = 300;

    /// <summary>Temperature of the vote, or of the answer.</summary>
    [Range(0.0, 10.0)]
    public double Temperature { get; init; } = 0.6;
}

/// <summary>
/// Training a judge by reinforcement learning alone (arXiv 2505.14674, section 3): GRPO on the ±1 reward of its verdicts. A step is one
/// batch of fresh rollouts. The model's <c>judge-prompt.txt</c>, if it has one, is what the judge is shown. With <c>policy</c>, what is
/// trained
/// is no judge but a policy, on questions without answers, and a judge's ranking of its responses is the reward.
/// </summary>
public sealed record GrpoRecipe : TrainingRecipe
{
    private const int UsualRollouts = 6;

    /// <summary>A recipe with the defaults of reinforcement learning.</summary>
    public GrpoRecipe()
    {
        LearningRate = 1e-4;
        WarmupSteps = 5;
        Optimizer = new AdamWOptions { Beta2 = 0.99, WeightDecay = 0 };
        CheckpointEvery = 10;
    }

    /// <summary>Labelled pair file, or a list of several, <c>[{"path": "a.jsonl", "weight": 5}, …]</c>, from which pairs are drawn as the
    /// weights
    /// say; for a policy, one file of questions (answers in it are not looked at).</summary>
    public required DataMixture Data { get; init; }

    /// <summary>
    /// Thoughts are removed from the responses that are judged; a pair is left out, and counted, where nothing stands behind one.
    /// </summary>
    public bool StripThoughts { get; init; } = true;

    /// <summary>Which pairs by their difficulty; null for all.</summary>
    public DifficultyRange? Difficulty { get; init; }

    /// <summary>A pair that the judge got right in all its rollouts, or in none, taught nothing: it is passed over the next so many times
    /// that
    /// its turn comes; 0 for never.</summary>
    [Range(0, 1_000)]
    public int SkipSolved { get; init; }

    /// <summary>Trains a policy by a judge's rankings of its responses; null trains a judge by the labels of pairs.</summary>
    public PolicyOptions? Policy { get; init; }

    /// <summary>Pairs of a step, or questions for a policy. Each pair is shown in both orders, and all its rollouts are one group: a judge
    /// that always names the same
    /// side earns nothing within it.</summary>
    [Range(1, 65_536)]
    public int PairsPerStep { get; init; } = 32;

    /// <summary>Rollouts of each order; a policy has <c>policy.responses</c> instead.</summary>
    [Range(1, 4_096)]
    public int RolloutsPerOrder { get; init; } = UsualRollouts;

    /// <summary>Temperature of the rollouts.</summary>
    [Range(0.0, 10.0, MinimumIsExclusive = true)]
    public double Temperature { get; init; } = 1;

    /// <summary>Longest completion in tokens; a judgment that is cut there is unparsable, a response loses every match.</summary>
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

    /// <summary>Folder of the frozen reference policy that <c>loss.kl_coefficient</c> holds the judge near; null takes the model that the
    /// run starts from.</summary>
    public string? Reference { get; init; }

    /// <summary>Moves the KL's coefficient so that the KL stays near a target; null keeps it as it is.</summary>
    public AdaptiveKl? KlControl { get; init; }

    /// <summary>How often the rollouts of a step are gone through.</summary>
    [Range(1, 100)]
    public int Epochs { get; init; } = 1;

    /// <summary>Parts into which the pairs of a step are split, each with an update of its own. With more than one update a step, ratios
    /// are taken against the weights that sampled.</summary>
    [Range(1, 4_096)]
    public int Minibatches { get; init; } = 1;

    /// <summary>Dynamic sampling: groups whose rollouts all earn the same teach nothing and are replaced by fresh pairs, at most this many
    /// times a step; 0 keeps them.</summary>
    [Range(0, 100)]
    public int ResampleRounds { get; init; }

    /// <summary>What becomes of completions that are too long.</summary>
    public OverlongOptions Overlong { get; init; } = new();

    /// <summary>Compute a prompt once for all its completions in the update. It pays where prompts are long beside completions.</summary>
    public bool SharePrompts { get; init; }

    /// <summary>Tokens, padding included, that a worker puts through the model at once in the update.</summary>
    [Range(1, 1 << 24)]
    public int TokensPerPass { get; init; } = 2_048;

    /// <summary>Measurements on the way; null for none.</summary>
    public JudgeEvaluationOptions? Evaluation { get; init; }

    /// <summary>The difficulties allowed at a step; null: all.</summary>
    public IReadOnlyList<string>? DifficultiesAt(int step) => Curriculum.LastOrDefault(stage => stage.FromStep <= step)?.Difficulties;

    /// <inheritdoc/>
    public override IEnumerable<string> Faults(OptionNames names)
    {
        foreach (string fault in base.Faults(names))
        {
            yield return fault;
        }

        if (PairsPerStep < Workers)
        {
            yield return $"{names[nameof(PairsPerStep)]} is {PairsPerStep} and {names[nameof(Workers)]} {Workers}; each worker needs at least one pair.";
        }

        if (Minibatches * Workers > PairsPerStep)
        {
            yield return $"minibatches is {Minibatches}, workers {Workers} and pairs_per_step {PairsPerStep}; each minibatch needs a pair for each worker.";
        }

        if (SharePrompts && RecomputeLayers)
        {
            yield return "share_prompts and recompute_layers are both on; layers are computed again for whole rows only, so switch one of them off.";
        }

        if (Overlong.Buffer >= MaxTokens)
        {
            yield return $"overlong.buffer is {Overlong.Buffer} and max_tokens {MaxTokens}; the buffer is the last part of the completion, so it must be shorter.";
        }

        if (Loss.KlCoefficient == 0 && (Reference is not null || KlControl is not null))
        {
            yield return "loss.kl_coefficient is 0, so reference and kl_control would do nothing; raise it or leave them out.";
        }

        if (Policy is not null && (RolloutsPerOrder != UsualRollouts || Curriculum.Count > 0))
        {
            yield return "policy is given, so rollouts_per_order and curriculum, which are about pairs, would do nothing; leave them out (policy.responses is the size of a group).";
        }

        if (Policy is not null && (Difficulty is not null || SkipSolved > 0))
        {
            yield return "policy is given, so difficulty and skip_solved, which are about pairs, would do nothing; leave them out.";
        }

        if (Policy is not null && Data.Count > 1)
        {
            yield return $"policy is given and data names {Data.Count} files; a mixture is of pairs, so put the questions into one file.";
        }

        if (Data.Count == 0)
        {
            yield return "data names no file.";
        }

        foreach (string path in Data.GroupBy(file => file.Path).Where(group => group.Count() > 1).Select(group => group.Key))
        {
            yield return $"data names {path} more than once; give it once, with the sum of its weights.";
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
