using RewardReasoning.Models.Decoder;
using RewardReasoning.Training.Preferences;
using RewardReasoning.Training.Runs;

namespace RewardReasoning.Training.RewardModels;

/// <summary>Trains a scalar reward model on labelled pairs.</summary>
internal sealed class RewardModelTrainer(RewardModelRecipe recipe, TimeProvider clock)
{
    /// <summary>
    /// Runs or resumes the recipe until its last step; the finished model is in <see cref="RunFolder.FinalModel"/>.
    /// </summary>
    /// <exception cref="RewardReasoningException">The recipe, its data or its run folder is unusable.</exception>
    /// <exception cref="OperationCanceledException">Cancelled; a checkpoint of the last finished step was written.</exception>
    public RunFolder Run(Action<TrainingProgress>? progress = null, CancellationToken cancellationToken = default) =>
        new TrainingLoop<PreferencePosition>(recipe, clock).Run(
            DecoderModel.LoadScalar,
            (session, position) => new PreferenceMethod(recipe, clock, session, new RewardModelObjective(recipe, session), position),
            progress,
            cancellationToken
        );
}
