using RewardReasoning.Models.Checkpoints;
using RewardReasoning.Models.Tensors;
using TorchSharp;
using static TorchSharp.torch;

namespace RewardReasoning.Models.Decoder;

/// <summary>Fills the parameters of a model: from files, or at random.</summary>
internal static class DecoderWeights
{
    private const double EmbeddingDeviation = 0.05;
    private const string OutputWeightSuffix = "self_attn.o_proj.weight";
    private const string OutputBiasSuffix = "self_attn.o_proj.bias";

    /// <summary>What torch.compile, DistributedDataParallel and PEFT put before every name.</summary>
    private static readonly string[] Wrappers = ["_orig_mod.", "module.", "base_model.model."];

    /// <summary>The config without output biases where a Llama's are all 0; see <see cref="DecoderConfig.OutputBias"/>.</summary>
    public static DecoderConfig WithoutZeroOutputBias(DecoderConfig config, SafetensorsFolder weights)
    {
        if (config.Architecture != DecoderArchitecture.Llama || !config.OutputBias || config.LayerCount > weights.Names.Count)
        {
            return config;
        }

        using IDisposable noGrad = no_grad();
        using DisposeScope scope = NewDisposeScope();
        bool allZero = Enumerable
            .Range(0, config.LayerCount)
            .Select(layer => DecoderLayer.Prefix(layer) + OutputBiasSuffix)
            .All(name => weights.Find(name) is not null && weights.Read(name).count_nonzero().item<long>() == 0);
        return allZero ? config with { OutputBias = false } : config;
    }

    /// <summary>
    /// What a folder of that config holds: the parameters, and the zero output biases that a Llama must have beside others.
    /// </summary>
    /// <returns>In the order of transformers; new tensors belong to the caller's dispose scope.</returns>
    public static IReadOnlyList<(string Name, Tensor Value)> AsStored(
        DecoderConfig config,
        IReadOnlyList<(string Name, Tensor Value)> parameters
    ) =>
        !AddsOutputBias(config)
            ? parameters
            :
            [
                .. parameters.SelectMany(parameter =>
                    parameter.Name.EndsWith(OutputWeightSuffix, StringComparison.Ordinal)
                        ? new[]
                        {
                            parameter,
                            (
                                parameter.Name[..^OutputWeightSuffix.Length] + OutputBiasSuffix,
                                zeros(config.HiddenSize, dtype: parameter.Value.dtype)
                            ),
                        }
                        : [parameter]
                ),
            ];

    private static bool AddsOutputBias(DecoderConfig config) =>
        config is { Architecture: DecoderArchitecture.Llama, QkvBias: true, OutputBias: false };

    /// <summary>The parameters of a config, after checking names and shapes against the files, before any memory is allocated.</summary>
    /// <param name="config">The config.</param>
    /// <param name="weights">The files.</param>
    /// <param name="headIsNew">Whether the head is new, and so not in the files.</param>
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
            SafetensorsEntry entry = weights.Find(StoredName(item.Name, weights)) ?? throw Missing(item.Name, weights);
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

        RefuseStrays(config, specifications, weights);
        return specifications;
    }

    /// <summary>Where a parameter is stored: of a tied embedding and head some writers keep the head's name.</summary>
    internal static string StoredName(string name, SafetensorsFolder weights) =>
        name == ParameterSpecification.EmbeddingWeight && weights.Find(name) is null ? ParameterSpecification.HeadWeight : name;

    private static CheckpointException Missing(string name, SafetensorsFolder weights)
    {
        string? wrapper = Wrappers.FirstOrDefault(prefix =>
            weights.Names.All(stored => stored.StartsWith(prefix, StringComparison.Ordinal))
        );
        bool quantised =
            weights.Names.Any(stored => stored.EndsWith(".qweight", StringComparison.Ordinal))
            || File.Exists(Path.Combine(weights.Folder, "quantize_config.json"));
        return new CheckpointException(
            weights.Folder,
            wrapper is not null
                    ? $"all {weights.Names.Count} tensors begin with {wrapper}, the prefix of a wrapped model. Save the model inside it, "
                        + "or rename them."
                : quantised ? "the weights are quantised (qweight), which cannot be read; use the checkpoint in F32, F16 or BF16."
                : $"no weight file holds tensor {name}, which config.json calls for. Weights and config are not of one checkpoint, or a "
                    + "shard is missing."
        );
    }

    private static void RefuseStrays(DecoderConfig config, IReadOnlyList<ParameterSpecification> specifications, SafetensorsFolder weights)
    {
        HashSet<string> expected = [.. specifications.Select(item => item.Name)];
        // Old files store the rotary frequencies, which follow from the config.
        string? stray = weights.Names.FirstOrDefault(name =>
            name.StartsWith("model.", StringComparison.Ordinal)
            && !expected.Contains(name)
            && !name.EndsWith("rotary_emb.inv_freq", StringComparison.Ordinal)
            && !(AddsOutputBias(config) && name.EndsWith(OutputBiasSuffix, StringComparison.Ordinal))
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

            using Tensor stored = weights.Read(StoredName(name, weights));
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
