using RewardReasoning.Models.Decoder;
using RewardReasoning.Training.Runs;
using static TorchSharp.torch;

namespace RewardReasoning.Training.Sft;

/// <summary>
/// Supervised training: packed rows, next-token cross entropy over completions, AdamW. Each worker computes its share of the rows with
/// gradients of its own; they are added in a fixed order, so a run repeats bit for bit, also when it was killed and resumed.
/// </summary>
internal sealed class SftTrainer(SftRecipe recipe, TimeProvider clock)
{
    /// <summary>
    /// Runs or resumes the recipe until its last step; the finished model is in <see cref="RunFolder.FinalModel"/>.
    /// </summary>
    /// <exception cref="RewardReasoningException">The recipe, its data or its run folder is unusable.</exception>
    /// <exception cref="OperationCanceledException">Cancelled; a checkpoint of the last finished step was written.</exception>
    public RunFolder Run(Action<TrainingProgress>? progress = null, CancellationToken cancellationToken = default) =>
        new TrainingLoop<SftPosition>(recipe, clock).Run(
            Load,
            (session, position) => new SftMethod(recipe, clock, session, position),
            progress,
            cancellationToken
        );

    private DecoderModel Load(string folder, ScalarType type, Device device)
    {
        if (Directory.Exists(folder) && !Directory.EnumerateFiles(folder, "*.safetensors").Any())
        {
            DecoderModel random = DecoderModel.CreateRandom(DecoderConfig.Load(folder), recipe.Seed, device);
            using DecoderModel? kept = type == ScalarType.Float32 ? null : random;
            return kept?.ConvertTo(type) ?? random;
        }

        return DecoderModel.Load(folder, type, device);
    }
}
