using RewardReasoning.Models.Decoder;
using RewardReasoning.Training.Runs;
using static TorchSharp.torch;

namespace RewardReasoning.Training.Sft;

/// <summary>
/// Supervised training: packed rows, next-token cross entropy over completions, AdamW. Each worker computes its share of the rows with
/// gradients of its own; they are added in a fixed order, so a run repeats bit for bit, also when it was killed and resumed.
/// </summary>
internal sealed class SftTrainer(SftRecipe recipe, TimeProvider clock) : Trainer<SftRecipe, SftPosition>(recipe, clock)
{
    /// <inheritdoc/>
    protected override ITrainingMethod<SftPosition> Begin(TrainingSession session, SftPosition? position) =>
        new SftMethod(Recipe, Clock, session, position);

    /// <inheritdoc/>
    protected override DecoderModel Load(string folder, ScalarType type, Device device)
    {
        if (Directory.Exists(folder) && !Directory.EnumerateFiles(folder, "*.safetensors").Any())
        {
            DecoderModel random = DecoderModel.CreateRandom(DecoderConfig.Load(folder), Recipe.Seed, device);
            using DecoderModel? kept = type == ScalarType.Float32 ? null : random;
            return kept?.ConvertTo(type) ?? random;
        }

        return DecoderModel.Load(folder, type, device);
    }
}
