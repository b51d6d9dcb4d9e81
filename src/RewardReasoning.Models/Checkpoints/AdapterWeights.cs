using RewardReasoning.Models.Tensors;
using TorchSharp;
using static TorchSharp.torch;

namespace RewardReasoning.Models.Checkpoints;

/// <summary>
/// Low-rank adapters (LoRA) as PEFT stores them, merged into the weights of their base while these are read: W + scale · B A, in float32.
/// Tensors that PEFT saved whole (<c>modules_to_save</c>) take the place of the base's.
/// </summary>
internal sealed class AdapterWeights : IDisposable
{
    public const string ConfigFileName = "adapter_config.json";
    public const string WeightsFileName = "adapter_model.safetensors";
    public const string DownSuffix = ".lora_A.weight";
    public const string UpSuffix = ".lora_B.weight";

    /// <summary>What PEFT puts before every name.</summary>
    public const string Prefix = "base_model.model.";

    private const string WeightSuffix = ".weight";
    public const string BaseKey = "base_model_name_or_path";

    private readonly SafetensorsFile _file;
    private readonly double _alpha;
    private readonly bool _overRoot;

    private AdapterWeights(string folder, JsonSettings config, SafetensorsFile file)
    {
        _file = file;
        _alpha = config.PositiveNumber("lora_alpha");
        _overRoot = config.Flag("use_rslora", whenAbsent: false);
        FilePaths = [Path.Combine(folder, ConfigFileName), file.FilePath];
    }

    /// <summary>What the merged weights depend on besides the base.</summary>
    public IReadOnlyList<string> FilePaths { get; }

    /// <summary>Whether a folder holds adapters and no model.</summary>
    public static bool AreIn(string folder) =>
        File.Exists(Path.Combine(folder, ConfigFileName)) && !File.Exists(Path.Combine(folder, "config.json"));

    /// <summary>The folder or hub name of the model that a folder's adapters belong to.</summary>
    /// <exception cref="CheckpointException">The folder does not say.</exception>
    public static string BaseOf(string folder)
    {
        JsonSettings config = JsonSettings.Load(Path.Combine(folder, ConfigFileName));
        return config.OptionalText(BaseKey) is { Length: > 0 } named
            ? named
            : throw config.Refuse(BaseKey, "it must name the folder or the hub's model that the adapters were trained on.");
    }

    /// <summary>Opens adapters and checks that all of them fit the weights of a base.</summary>
    /// <exception cref="CheckpointException">The files are missing or damaged, of another kind, or do not fit.</exception>
    public static AdapterWeights Open(string folder, SafetensorsFolder weights)
    {
        JsonSettings config = JsonSettings.Load(Path.Combine(folder, ConfigFileName));
        RefuseUnsupported(config);
        AdapterWeights adapters = new(folder, config, SafetensorsFile.Open(Path.Combine(folder, WeightsFileName)));
        try
        {
            foreach (SafetensorsEntry entry in adapters._file.Entries.Values)
            {
                adapters.Check(entry, weights);
            }

            return adapters;
        }
        catch
        {
            adapters.Dispose();
            throw;
        }
    }

    /// <summary>A weight of the base with what the adapters make of it; it belongs to the caller's dispose scope.</summary>
    public Tensor Apply(string name, Tensor weight)
    {
        if (_file.Entries.ContainsKey(Prefix + name))
        {
            weight.Dispose();
            return _file.Read(Prefix + name);
        }

        string layer = name.EndsWith(WeightSuffix, StringComparison.Ordinal) ? Prefix + name[..^WeightSuffix.Length] : name;
        if (!_file.Entries.ContainsKey(layer + DownSuffix))
        {
            return weight;
        }

        using IDisposable noGrad = no_grad();
        using DisposeScope scope = NewDisposeScope();
        Tensor down = _file.Read(layer + DownSuffix).to(ScalarType.Float32), // [rank, in]
            up = _file.Read(layer + UpSuffix).to(ScalarType.Float32); // [out, rank]
        double scale = _alpha / (_overRoot ? Math.Sqrt(down.shape[0]) : down.shape[0]);
        return weight.to(ScalarType.Float32).Plus(up.mm(down).Times(scale)).MoveToOuterDisposeScope();
    }

    /// <inheritdoc/>
    public void Dispose() => _file.Dispose();

    private static void RefuseUnsupported(JsonSettings config)
    {
        if (config.OptionalText("peft_type") is not "LORA" and var type)
        {
            throw config.Refuse("peft_type", $"only LORA can be applied; {type} cannot.");
        }

        if (config.OptionalText("task_type") is "SEQ_CLS")
        {
            throw config.Refuse(
                "task_type",
                "adapters of a scalar reward model cannot be applied; use the model with them merged in (of `rrm train`, the run's model/)."
            );
        }

        if (config.OptionalText("bias") is not (null or "none"))
        {
            throw config.Refuse("bias", "trained biases cannot be applied; merge them with PEFT's merge_and_unload.");
        }

        foreach (string flag in new[] { "use_dora", "fan_in_fan_out", "lora_bias", "use_qalora" })
        {
            if (config.Flag(flag, whenAbsent: false))
            {
                throw config.Refuse(flag, "it cannot be applied; merge the adapters with PEFT's merge_and_unload.");
            }
        }

        if (config.OptionalSection("alpha_pattern") is { IsEmpty: false })
        {
            throw config.Refuse("alpha_pattern", "scales by layer cannot be applied; merge the adapters with PEFT's merge_and_unload.");
        }
    }

    private void Check(SafetensorsEntry entry, SafetensorsFolder weights)
    {
        string name = entry.Name.StartsWith(Prefix, StringComparison.Ordinal) ? entry.Name[Prefix.Length..] : throw Stray(entry.Name);
        if (weights.Find(name) is { } replaced)
        {
            Require(entry.Shape.SequenceEqual(replaced.Shape), entry, replaced);
            return;
        }

        bool isDown = name.EndsWith(DownSuffix, StringComparison.Ordinal);
        if (!isDown && !name.EndsWith(UpSuffix, StringComparison.Ordinal))
        {
            throw Stray(entry.Name);
        }

        string layer = name[..^(isDown ? DownSuffix : UpSuffix).Length];
        SafetensorsEntry weight = weights.Find(layer + WeightSuffix) ?? throw Stray(entry.Name);
        SafetensorsEntry other =
            _file.Entries.GetValueOrDefault(Prefix + layer + (isDown ? UpSuffix : DownSuffix))
            ?? throw new CheckpointException(_file.FilePath, $"tensor {entry.Name} is there without its other half.");
        IReadOnlyList<long> a = (isDown ? entry : other).Shape,
            b = (isDown ? other : entry).Shape;
        Require(
            weight.Shape.Count == 2 && a.Count == 2 && b.Count == 2 && a[1] == weight.Shape[1] && b[0] == weight.Shape[0] && a[0] == b[1],
            entry,
            weight
        );
    }

    private CheckpointException Stray(string name) =>
        new(
            _file.FilePath,
            $"tensor {name} belongs to no weight of the base model. The adapters are of another model, or of a kind that cannot be "
                + "applied; merge them with PEFT's merge_and_unload."
        );

    private void Require(bool fits, SafetensorsEntry entry, SafetensorsEntry weight)
    {
        if (!fits)
        {
            throw new CheckpointException(
                _file.FilePath,
                $"tensor {entry.Name} is [{string.Join(", ", entry.Shape)}], which does not fit the base's {weight.Name}, "
                    + $"[{string.Join(", ", weight.Shape)}]. The adapters are of another model."
            );
        }
    }
}
