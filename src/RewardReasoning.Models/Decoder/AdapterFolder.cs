using System.Text.Json;
using System.Text.Json.Nodes;
using RewardReasoning.IO;
using RewardReasoning.Models.Checkpoints;
using static TorchSharp.torch;

namespace RewardReasoning.Models.Decoder;

/// <summary>
/// Adapters as PEFT stores them: <c>adapter_config.json</c> and <c>adapter_model.safetensors</c>, whose tensors are named
/// <c>base_model.model.LAYER.lora_A.weight</c>; a score's row is stored with them, as one of <c>modules_to_save</c>.
/// </summary>
internal static class AdapterFolder
{
    private const string Prefix = AdapterWeights.Prefix;
    private static readonly JsonSerializerOptions Indented = new() { WriteIndented = true };

    /// <summary>Writes a model's adapters.</summary>
    /// <param name="model">A model with adapters.</param>
    /// <param name="options">Rank and scale of the adapters.</param>
    /// <param name="baseModel">Folder or hub name of the model they belong to.</param>
    /// <param name="folder">Created where it does not exist.</param>
    /// <param name="type">Of the stored numbers.</param>
    public static void Save(DecoderModel model, LowRankOptions options, string baseModel, string folder, ScalarType type)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(options);
        Directory.CreateDirectory(folder);
        using (TorchSharp.DisposeScope scope = NewDisposeScope())
        {
            Safetensors.Write(
                Path.Combine(folder, AdapterWeights.WeightsFileName),
                [.. model.Trainable.Select(entry => (Prefix + entry.Name, entry.Value.detach().to(type)))]
            );
        }

        JsonObject config = new()
        {
            ["peft_type"] = "LORA",
            ["task_type"] = model.Config.ScalarHead ? "SEQ_CLS" : "CAUSAL_LM",
            [AdapterWeights.BaseKey] = baseModel,
            ["r"] = options.Rank,
            ["lora_alpha"] = options.Alpha,
            ["lora_dropout"] = 0.0,
            ["bias"] = "none",
            ["fan_in_fan_out"] = false,
            ["inference_mode"] = true,
            ["init_lora_weights"] = true,
            ["target_modules"] = new JsonArray([.. LowRankAdapter.Targets.Select(target => (JsonNode)target)]),
            ["modules_to_save"] = model.Config.ScalarHead ? new JsonArray("score") : null,
        };
        AtomicFile.Write(Path.Combine(folder, AdapterWeights.ConfigFileName), stream => JsonSerializer.Serialize(stream, config, Indented));
    }

    /// <summary>Gives the base of adapters another name: a folder's, or the hub's.</summary>
    /// <exception cref="RewardReasoningException">The folder holds no adapters.</exception>
    public static void Rebase(string folder, string baseModel)
    {
        string path = Path.Combine(folder, AdapterWeights.ConfigFileName);
        _ = AdapterWeights.BaseOf(folder);
        JsonObject config = JsonNode.Parse(File.ReadAllText(path)) as JsonObject ?? [];
        config[AdapterWeights.BaseKey] = baseModel;
        AtomicFile.Write(path, stream => JsonSerializer.Serialize(stream, config, Indented));
    }

    /// <summary>Reads adapters into those that the model has.</summary>
    /// <param name="model">A model with adapters.</param>
    /// <param name="folder">A folder that <see cref="Save"/> or PEFT wrote.</param>
    /// <param name="options">Rank and scale of the model's adapters.</param>
    /// <exception cref="RewardReasoningException">The files are missing or damaged, or do not fit the model's adapters.</exception>
    public static void Load(DecoderModel model, string folder, LowRankOptions options)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(options);
        JsonSettings config = JsonSettings.Load(Path.Combine(folder, AdapterWeights.ConfigFileName));
        if (config.PositiveNumber("lora_alpha") is var alpha && alpha != options.Alpha)
        {
            throw config.Refuse("lora_alpha", $"it is {alpha}, and the adapters are to have alpha {options.Alpha}; give both the same.");
        }

        string path = Path.Combine(folder, AdapterWeights.WeightsFileName);
        using SafetensorsFile file = SafetensorsFile.Open(path);
        using IDisposable noGrad = no_grad();
        foreach ((string name, Tensor value) in model.Trainable)
        {
            using Tensor stored = file.Read(Prefix + name);
            if (!stored.shape.AsSpan().SequenceEqual(value.shape))
            {
                throw new CheckpointException(
                    path,
                    $"tensor {Prefix}{name} is [{string.Join(", ", stored.shape)}]; this model's adapters need "
                        + $"[{string.Join(", ", value.shape)}]."
                );
            }

            value.copy_(stored);
        }
    }
}
