using RewardReasoning.Models.Checkpoints;
using RewardReasoning.Models.Tensors;
using TorchSharp;
using static TorchSharp.torch;

namespace RewardReasoning.Models.Decoder;

/// <summary>Fills the parameters of a model: from files, or by chance.</summary>
internal static class DecoderWeights
{
    private const double EmbeddingDeviation = 0.05;

    /// <summary>What the config calls for, after checking that the files hold it: names and shapes, before any memory is taken.</summary>
    /// <param name="config">The config.</param>
    /// <param name="weights">The files.</param>
    /// <param name="headIsNew">Whether the score's row is not in the files yet.</param>
    public static IReadOnlyList<ParameterSpecification> Specify(DecoderConfig config, SafetensorsFolder weights, bool headIsNew)
    {
        if (config.LayerCount > weights.Names.Count)
        {
            throw new CheckpointException(
                weights.Folder,
                $"the weight files hold {weights.Names.Count} tensors, config.json calls for {config.LayerCount} layers. Weights "
                    + "and config are not of one checkpoint."
            );
        }

        IReadOnlyList<ParameterSpecification> specifications = ParameterSpecification.Of(config);
        foreach (ParameterSpecification item in specifications.Where(item => !headIsNew || item.Role != ParameterRole.Score))
        {
            SafetensorsEntry entry =
                weights.Find(item.Name)
                ?? throw new CheckpointException(
                    weights.PathOf(item.Name),
                    $"no weight file holds tensor {item.Name}, which config.json calls for. Weights and config are not of one "
                        + "checkpoint, or a shard is missing."
                );
            if (!entry.Shape.SequenceEqual(item.Shape))
            {
                throw new CheckpointException(
                    weights.PathOf(item.Name),
                    $"tensor {item.Name} has shape [{string.Join(", ", entry.Shape)}], config.json calls for "
                        + $"[{string.Join(", ", item.Shape)}]. Weights and config are not of one checkpoint."
                );
            }

            if (entry.Type is not (ScalarType.Float32 or ScalarType.BFloat16 or ScalarType.Float16 or ScalarType.Float64))
            {
                throw new CheckpointException(
                    weights.PathOf(item.Name),
                    $"tensor {item.Name} is of type {entry.Type}; weights must be floating-point numbers."
                );
            }
        }

        RefuseStrays(specifications, weights);
        return specifications;
    }

    private static void RefuseStrays(IReadOnlyList<ParameterSpecification> specifications, SafetensorsFolder weights)
    {
        HashSet<string> expected = [.. specifications.Select(item => item.Name)];
        // Old files store the rotary frequencies, which follow from the config.
        string? stray = weights.Names.FirstOrDefault(name =>
            name.StartsWith("model.", StringComparison.Ordinal)
            && !expected.Contains(name)
            && !name.EndsWith("rotary_emb.inv_freq", StringComparison.Ordinal)
        );
        if (stray is not null)
        {
            throw new CheckpointException(
                weights.PathOf(stray),
                $"tensor {stray} has no place in the model that config.json describes; without it the model would compute something "
                    + "else. Weights and config are not of one checkpoint, or the model has a part that is not implemented."
            );
        }
    }

    /// <summary>Copies every parameter, converting to its type and device.</summary>
    public static void Copy(SafetensorsFolder weights, IReadOnlyList<(string Name, Tensor Value)> parameters, bool headIsNew)
    {
        using IDisposable noGrad = no_grad();
        foreach ((string name, Tensor value) in parameters)
        {
            if (headIsNew && name == ParameterSpecification.ScoreWeight)
            {
                value.zero_();
                continue;
            }

            using Tensor stored = weights.Read(name);
            value.copy_(stored); // returns the same object
        }
    }

    /// <summary>First values for training from nothing; see <see cref="DecoderModel.CreateRandom"/>.</summary>
    public static void Initialise(
        IReadOnlyList<ParameterSpecification> specifications,
        IReadOnlyList<(string Name, Tensor Value)> parameters,
        int layers,
        ulong seed
    )
    {
        using IDisposable noGrad = no_grad();
        using Generator generator = new(seed, CPU);
        for (int i = 0; i < specifications.Count; i++)
        {
            using DisposeScope scope = NewDisposeScope();
            ParameterSpecification item = specifications[i];
            Tensor value = parameters[i].Value;
            double deviation = item.Role switch
            {
                ParameterRole.Embedding => EmbeddingDeviation,
                ParameterRole.Matrix => 1 / Math.Sqrt(item.Shape[1]),
                ParameterRole.OutputMatrix => 1 / Math.Sqrt(item.Shape[1] * 2.0 * layers),
                _ => 0,
            };
            Tensor first =
                deviation > 0 ? randn(item.Shape, dtype: ScalarType.Float32, generator: generator).Times(deviation)
                : item.Role == ParameterRole.Norm ? ones(item.Shape, dtype: ScalarType.Float32)
                : zeros(item.Shape, dtype: ScalarType.Float32);
            value.copy_(first);
        }
    }
}
