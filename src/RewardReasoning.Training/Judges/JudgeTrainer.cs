using RewardReasoning.Models.Decoder;
using RewardReasoning.Training.Grpo;
using RewardReasoning.Training.Runs;

namespace RewardReasoning.Training.Judges;

/// <summary>
/// Reward reasoning via RL (arXiv 2505.14674, section 3.2): sample judgments of labelled pairs, reward each verdict with +1 or −1,
/// normalise within the group, and take policy-gradient steps. Nothing prescribes how the judge reasons.
/// Deviation: a group is both orders of a pair together, so that a preference for one side has no advantage.
/// </summary>
internal sealed class JudgeTrainer(JudgeRecipe recipe, TimeProvider clock)
{
    /// <summary>Runs or resumes the recipe until its last step; the finished model is in <see cref="RunFolder.FinalModel"/>.</summary>
    /// <exception cref="RewardReasoningException">The recipe, its data or its run folder cannot be used.</exception>
    /// <exception cref="OperationCanceledException">Cancelled; a checkpoint of the last finished step was written.</exception>
    public RunFolder Run(Action<TrainingProgress>? progress = null, CancellationToken cancellationToken = default) =>
        new TrainingLoop<GrpoPosition>(recipe, clock).Run(
            DecoderModel.Load,
            (session, position) => new GrpoMethod(recipe, clock, session, at => new JudgeTask(recipe, session, at), position),
            progress,
            cancellationToken
        );
}
