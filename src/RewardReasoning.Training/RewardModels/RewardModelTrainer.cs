using RewardReasoning.Models.Decoder;
using RewardReasoning.Training.Preferences;
using RewardReasoning.Training.Runs;
using static TorchSharp.torch;

namespace RewardReasoning.Training.RewardModels;

/// <summary>Trains a scalar reward model on labelled pairs.</summary>
internal sealed class RewardModelTrainer(RewardModelRecipe recipe, TimeProvider clock)
    : Trainer<RewardModelRecipe, PreferencePosition>(recipe, clock)
{
    /// <inheritdoc/>
    protected override ITrainingMethod<PreferencePosition> Begin(TrainingSession session, PreferencePosition? position) =>
        new PreferenceMethod(Recipe, Clock, session, new RewardModelObjective(Recipe, session), position);

    /// <inheritdoc/>
    protected override DecoderModel Load(string folder, ScalarType type, Device device) => DecoderModel.LoadScalar(folder, type, device);
}
