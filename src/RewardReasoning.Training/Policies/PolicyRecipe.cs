using System.ComponentModel.DataAnnotations;
using RewardReasoning.Ratings;
using RewardReasoning.Recipes;
using RewardReasoning.Training.Grpo;

namespace RewardReasoning.Training.Policies;

/// <summary>Answering held-out questions during the run; the answers are verified by rules.</summary>
[MovedField("pairs", "Write questions.")]
internal sealed record PolicyEvaluationOptions : RolloutEvaluationOptions
{
    /// <summary>Questions with answers; they must not be trained on.</summary>
    public required string Data { get; init; }

    /// <summary>How many of the questions, from the first on.</summary>
    [Range(1, int.MaxValue)]
    public int Questions { get; init; } = 300;
}

/// <summary>
/// Trains a policy on questions without answers (arXiv 2505.14674): a judge ranks the policy's responses to each question, and a response's
/// place in the ranking is its reward.
/// </summary>
[MovedField("policy", "Move its fields (judge, responses, opponents, reward, guard) to the top level of the recipe.")]
[MovedField("pairs_per_step", "Write questions_per_step.")]
[MovedField("rollouts_per_order", "Write responses, the size of a group.")]
internal sealed record PolicyRecipe : GrpoRecipe
{
    /// <summary>File of questions; answers in it are ignored.</summary>
    public required string Data { get; init; }

    /// <summary>The judge that ranks.</summary>
    public required PolicyJudgeOptions Judge { get; init; }

    /// <summary>Questions of a step.</summary>
    [Range(1, 65_536)]
    public int QuestionsPerStep { get; init; } = 32;

    /// <summary>Responses to each question: the group.</summary>
    [Range(2, 4_096)]
    public int Responses { get; init; } = 8;

    /// <summary>How many others, drawn at random, each response is compared with; two that drew each other meet once. A reward service
    /// draws them itself.</summary>
    [Range(1, 4_096)]
    public int Opponents { get; init; } = 4;

    /// <summary>How a ranking becomes rewards: by the Elo rating as in the paper, (elo − 1000) / 200 + 0.5, or by the mean probability of
    /// beating another response (Bradley-Terry strengths, which do not depend on the order of the matches).</summary>
    public RewardKind Reward { get; init; } = RewardKind.Elo;

    /// <summary>Which responses lose every match without being shown to the judge.</summary>
    public GuardOptions Guard { get; init; } = new();

    /// <summary>Measurements during the run; null for none.</summary>
    public PolicyEvaluationOptions? Evaluation { get; init; }

    internal override int GroupsPerStep => QuestionsPerStep;

    internal override string GroupsPerStepName => nameof(QuestionsPerStep);

    internal override RolloutEvaluationOptions? Measured => Evaluation;

    internal override (string Name, string Tag) Method => ("reinforcement learning of a policy by a judge's rankings (GRPO)", "grpo");

    /// <inheritdoc/>
    public override IEnumerable<string> Faults(OptionNames names)
    {
        foreach (string fault in base.Faults(names))
        {
            yield return fault;
        }

        if (Reward is not (RewardKind.Elo or RewardKind.WinProbability))
        {
            yield return $"{names[nameof(Reward)]} is {names.Value(Reward)}; it must be {names.Value(RewardKind.Elo)} or "
                + $"{names.Value(RewardKind.WinProbability)}.";
        }
        else if (Judge.Rewards is not null && Reward != RewardKind.WinProbability)
        {
            yield return $"{names[nameof(Reward)]} is {names.Value(Reward)}, and the service in judge.rewards gives win probabilities; "
                + $"write \"{names[nameof(Reward)]}\": \"{names.Value(RewardKind.WinProbability)}\".";
        }
    }
}
