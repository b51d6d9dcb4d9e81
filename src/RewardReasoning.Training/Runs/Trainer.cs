using RewardReasoning.Models.Decoder;
using static TorchSharp.torch;

namespace RewardReasoning.Training.Runs;

/// <summary>What can be done with a recipe.</summary>
internal interface ITrainer
{
    /// <summary>
    /// Runs or resumes the recipe until its last step; the finished model is in <see cref="RunFolder.FinalModel"/>.
    /// </summary>
    /// <exception cref="RewardReasoningException">The recipe, its data or its run folder cannot be used.</exception>
    /// <exception cref="OperationCanceledException">Cancelled; a checkpoint of the last finished step was written.</exception>
    RunFolder Run(Action<TrainingProgress>? progress = null, CancellationToken cancellationToken = default);

    /// <summary>
    /// Does some steps as at the end of the run and one measurement, keeps nothing, and says what the whole run would take.
    /// </summary>
    /// <exception cref="RewardReasoningException">The recipe or its data cannot be used.</exception>
    TrainingEstimate Estimate(CancellationToken cancellationToken);
}

/// <summary>A kind of training: what it loads, and the method that its loop runs.</summary>
/// <typeparam name="TRecipe">Its recipes.</typeparam>
/// <typeparam name="TPosition">Position in the method's data.</typeparam>
/// <param name="recipe">What to do.</param>
/// <param name="clock">For timings.</param>
internal abstract class Trainer<TRecipe, TPosition>(TRecipe recipe, TimeProvider clock) : ITrainer
    where TRecipe : TrainingRecipe
    where TPosition : class
{
    /// <summary>What to do.</summary>
    protected TRecipe Recipe => recipe;

    /// <summary>For timings.</summary>
    protected TimeProvider Clock => clock;

    /// <inheritdoc/>
    public RunFolder Run(Action<TrainingProgress>? progress = null, CancellationToken cancellationToken = default) =>
        new TrainingLoop<TPosition>(recipe, clock).Run(Load, Begin, progress, cancellationToken);

    /// <inheritdoc/>
    public TrainingEstimate Estimate(CancellationToken cancellationToken) =>
        new TrainingLoop<TPosition>(recipe, clock).Estimate(Load, Begin, cancellationToken);

    /// <summary>Loads a model folder as a type, onto a device.</summary>
    protected virtual DecoderModel Load(string folder, ScalarType type, Device device) => DecoderModel.Load(folder, type, device);

    /// <summary>Makes the method, at the beginning (null) or where its data stood.</summary>
    protected abstract ITrainingMethod<TPosition> Begin(TrainingSession session, TPosition? position);
}
