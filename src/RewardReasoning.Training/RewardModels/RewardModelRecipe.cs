using RewardReasoning.Training.Optimization;
using RewardReasoning.Training.Preferences;

namespace RewardReasoning.Training.RewardModels;

/// <summary>
/// A scalar reward model: a language model's body under one score, trained so that chosen responses score above rejected ones. The pairs'
/// <c>margin</c> field, where there is one, says by how much. The result is a <c>…ForSequenceClassification</c> folder.
/// </summary>
internal sealed record RewardModelRecipe : PreferenceRecipe
{
    /// <summary>A recipe with the defaults of reward models.</summary>
    public RewardModelRecipe()
    {
        LearningRate = 1e-5;
        UsualWarmupSteps = 10;
        Schedule = ScheduleShape.Linear;
        Optimizer = new AdamWOptions { WeightDecay = 0 };
        CheckpointEvery = 50;
    }

    /// <summary>Objective.</summary>
    public RewardModelOptions Loss { get; init; } = new();

    internal override (string Name, string Tag) Method => ("a scalar reward model (Bradley-Terry)", "reward-model");
}
