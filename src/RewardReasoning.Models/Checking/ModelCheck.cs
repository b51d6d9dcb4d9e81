using RewardReasoning.Models.Checkpoints;
using RewardReasoning.Models.Decoder;
using static TorchSharp.torch;

namespace RewardReasoning.Models.Checking;

/// <summary>
/// Compares a checkpoint with numbers that transformers computed from it, always in float32. Two kinds of reference are known: an
/// <c>expected.safetensors</c> with padded batches, logits, hidden states and greedy continuations, and an <c>expected.json</c> with a
/// list of prompts as token ids, their log-probabilities and greedy continuations.
/// </summary>
internal static class ModelCheck
{
    /// <summary>Runs the model over the prompts of the reference, one batch or prompt at a time.</summary>
    /// <param name="folder">A Hugging Face folder; config and weights are enough.</param>
    /// <param name="expectedPath">The reference; its extension decides the kind, <c>.safetensors</c> or <c>.json</c>.</param>
    /// <param name="device">Where to compute; the CPU if null.</param>
    /// <param name="cancellationToken">Looked at between prompts.</param>
    /// <exception cref="RewardReasoningException">Model or reference cannot be read, or the reference is of another model.</exception>
    public static ModelCheckReport Run(
        string folder,
        string expectedPath,
        Device? device = null,
        CancellationToken cancellationToken = default
    )
    {
        using IDisposable noGrad = no_grad();
        Device where = device ?? CPU;
        Differences differences = new();
        switch (Path.GetExtension(expectedPath))
        {
            case ".safetensors":
                using (SafetensorsFile expected = SafetensorsFile.Open(expectedPath))
                using (DecoderModel model = DecoderModel.Load(folder, ScalarType.Float32, where))
                {
                    new ExpectedTensors(expected, model, differences).Compare(cancellationToken);
                }

                break;
            case ".json":
                IReadOnlyList<ExpectedPrompt> prompts = ExpectedPrompt.ReadAll(expectedPath);
                using (DecoderModel model = DecoderModel.Load(folder, ScalarType.Float32, where))
                {
                    new ExpectedPrompts(expectedPath, prompts, model, differences).Compare(cancellationToken);
                }

                break;
            default:
                throw new CheckpointException(
                    expectedPath,
                    "is no known reference; it must be an expected.safetensors or an expected.json."
                );
        }

        return new ModelCheckReport(folder, expectedPath, differences.Quantities);
    }
}
