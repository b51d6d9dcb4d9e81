using RewardReasoning.Training.Preferences;
using RewardReasoning.Training.Runs;

namespace RewardReasoning.Training.Dpo;

/// <summary>Direct preference optimization on labelled pairs.</summary>
internal sealed class DpoTrainer(DpoRecipe recipe, TimeProvider clock) : Trainer<DpoRecipe, PreferencePosition>(recipe, clock)
{
    /// <inheritdoc/>
    protected override ITrainingMethod<PreferencePosition> Begin(TrainingSession session, PreferencePosition? position) =>
        new PreferenceMethod(Recipe, Clock, session, new DpoObjective(Recipe, session), position);
}
