using RewardReasoning.Training.Grpo;
using RewardReasoning.Training.Runs;

namespace RewardReasoning.Training.Judges;

/// <summary>
/// Reward reasoning via RL (arXiv 2505.14674, section 3.2): sample judgments of labelled pairs, reward each verdict with +1 or −1,
/// normalise within the group, and take policy-gradient steps. Nothing prescribes how the judge reasons.
/// Deviation: a group is both orders of a pair together, so that a preference for one side has no advantage.
/// </summary>
internal sealed class JudgeTrainer(JudgeRecipe recipe, TimeProvider clock) : Trainer<JudgeRecipe, GrpoPosition>(recipe, clock)
{
    /// <inheritdoc/>
    protected override ITrainingMethod<GrpoPosition> Begin(TrainingSession session, GrpoPosition? position) =>
        new GrpoMethod(Recipe, Clock, session, at => new JudgeTask(Recipe, session, at), position);
}
