using System.ComponentModel.DataAnnotations;
using RewardReasoning.Recipes;
using RewardReasoning.Training.Grpo;
using RewardReasoning.Training.Runs;

namespace RewardReasoning.Training.Judges;

/// <summary>From a step on, only pairs of these difficulties are drawn.</summary>
/// <param name="FromStep">First step, counted from 0.</param>
/// <param name="Difficulties">Values of the pairs' <c>difficulty</c> field.</param>
internal sealed record CurriculumStage(int FromStep, IReadOnlyList<string> Difficulties);

/// <summary>Only pairs whose <c>difficulty</c> is a number in this range are trained on.</summary>
internal sealed record DifficultyRange : ICheckedOptions
{
    /// <summary>The least; null for any.</summary>
    public double? Min { get; init; }

    /// <summary>The greatest; null for any.</summary>
    public double? Max { get; init; }

    /// <summary>Whether a difficulty is in the range.</summary>
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
            yield return $"{names[nameof(Min)]} is {names.Value(Min)} and {names[nameof(Max)]} {names.Value(Max)}; "
                + "no difficulty is between them.";
        }
    }
}

/// <summary>Judging held-out pairs during the run, one vote for each of both orders.</summary>
internal sealed record JudgeEvaluationOptions : RolloutEvaluationOptions
{
    /// <summary>Labelled pair file; its pairs must not be trained on.</summary>
    public required string Data { get; init; }

    /// <summary>How many of the pairs, from the first on.</summary>
    [Range(1, int.MaxValue)]
    public int Pairs { get; init; } = 300;
}

/// <summary>
/// Trains a judge by reinforcement learning alone (arXiv 2505.14674, section 3): GRPO on the ±1 reward of its verdicts on labelled pairs.
/// If the model's folder has a <c>judge-prompt.txt</c>, pairs are shown with that prompt.
/// </summary>
[MovedField(
    "policy",
    "Train a policy with `rrm train policy`: move the fields of policy (judge, responses, opponents, reward, guard) to the top level, "
        + "and rename pairs_per_step to questions_per_step and evaluation.pairs to evaluation.questions."
)]
[MovedField("strip_thoughts", "Write strip_reasoning.")]
internal sealed record JudgeRecipe : GrpoRecipe
{
    /// <summary>Labelled pair file, or a list of several, <c>[{"path": "a.jsonl", "weight": 5}, …]</c>, from which pairs are drawn in
    /// proportion to their weights.</summary>
    public required DataMixture Data { get; init; }

    /// <summary>
    /// Removes the reasoning from the responses before they are judged; a pair with a response that has no answer after its reasoning is
    /// left out, and counted.
    /// </summary>
    public bool StripReasoning { get; init; } = true;

    /// <summary>Which pairs by their difficulty; null for all.</summary>
    public DifficultyRange? Difficulty { get; init; }

    /// <summary>A pair whose rollouts were all right or all wrong gave no gradient: it is skipped for this many of its next turns; 0 never
    /// skips.</summary>
    [Range(0, 1_000)]
    public int SkipSolved { get; init; }

    /// <summary>Pairs of a step. Each pair is shown in both orders, and all its rollouts are one group: a judge that always names the same
    /// side has no advantage within it.</summary>
    [Range(1, 65_536)]
    public int PairsPerStep { get; init; } = 32;

    /// <summary>Rollouts of each order.</summary>
    [Range(1, 4_096)]
    public int RolloutsPerOrder { get; init; } = 6;

    /// <summary>For this many steps only tokens after the reasoning are trained, so that the verdict learns to follow the reasoning before
    /// the reasoning begins to change.</summary>
    [Range(0, int.MaxValue)]
    public int VerdictOnlySteps { get; init; }

    /// <summary>Which pairs from which step on; empty draws from all.</summary>
    public IReadOnlyList<CurriculumStage> Curriculum { get; init; } = [];

    /// <summary>Measurements during the run; null for none.</summary>
    public JudgeEvaluationOptions? Evaluation { get; init; }

    internal override int GroupsPerStep => PairsPerStep;

    internal override string GroupsPerStepName => nameof(PairsPerStep);

    internal override RolloutEvaluationOptions? Measured => Evaluation;

    internal override int AnswerOnlySteps => VerdictOnlySteps;

    /// <summary>The difficulties allowed at a step; null: all.</summary>
    public IReadOnlyList<string>? DifficultiesAt(int step) => Curriculum.LastOrDefault(stage => stage.FromStep <= step)?.Difficulties;

    internal override (string Name, string Tag) Method => ("reinforcement learning of a judge (GRPO)", "grpo");

    /// <inheritdoc/>
    public override IEnumerable<string> Faults(OptionNames names)
    {
        foreach (string fault in base.Faults(names))
        {
            yield return fault;
        }

        if (Data.Count == 0)
        {
            yield return $"{names[nameof(Data)]} names no file.";
        }

        foreach (string path in Data.GroupBy(file => file.Path).Where(group => group.Count() > 1).Select(group => group.Key))
        {
            yield return $"{names[nameof(Data)]} names {path} more than once; give it once, with the sum of its weights.";
        }

        for (int i = 1; i < Curriculum.Count; i++)
        {
            if (Curriculum[i].FromStep <= Curriculum[i - 1].FromStep)
            {
                yield return $"{names.Inside(nameof(Curriculum), i)[nameof(CurriculumStage.FromStep)]} is {Curriculum[i].FromStep}, which "
                    + "is not after the stage before it; order the stages by their first step.";
            }
        }
    }
}
