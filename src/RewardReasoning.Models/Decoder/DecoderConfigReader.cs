using RewardReasoning.Models.Checkpoints;

namespace RewardReasoning.Models.Decoder;

/// <summary>
/// Reads both layouts of <c>config.json</c>: classic (<c>rope_theta</c>, <c>rope_scaling</c>, <c>use_sliding_window</c>) and that of
/// transformers 5 (<c>rope_parameters</c>, <c>layer_types</c>). What would change the result and is not implemented is refused.
/// </summary>
internal static class DecoderConfigReader
{
    /// <summary>Ends the architecture's name of a model that scores.</summary>
    public const string ScalarSuffix = "ForSequenceClassification";

    /// <summary>Ends the architecture's name of a model that writes.</summary>
    public const string CausalSuffix = "ForCausalLM";

    private const string GenerationFileName = "generation_config.json";

    public static DecoderConfig Load(string folder)
    {
        if (!Directory.Exists(folder))
        {
            throw new CheckpointException(folder, "there is no such folder; a model is a folder with config.json, weights and tokenizer.");
        }

        RefuseAdapters(folder);
        string generation = Path.Combine(folder, GenerationFileName);
        DecoderConfig config = Read(JsonSettings.Load(Path.Combine(folder, DecoderConfig.FileName)));
        IReadOnlyList<int> eos = File.Exists(generation) ? JsonSettings.Load(generation).Ids("eos_token_id") : [];
        return eos.Count > 0 ? config with { EosTokenIds = eos } : config;
    }

    private static void RefuseAdapters(string folder)
    {
        if (AdapterWeights.AreIn(folder))
        {
            throw new CheckpointException(
                folder,
                $"holds adapters of {AdapterWeights.BaseOf(folder)} and no model. Put both together: rrm does so by itself, in C# "
                    + "ModelFolder.ApplyAdapter does; of a run of `rrm train`, the folder model/ beside it has them merged."
            );
        }
    }

    private static DecoderConfig Read(JsonSettings json)
    {
        DecoderArchitecture architecture = ReadArchitecture(json);
        RefuseUnsupported(json);
        int heads = json.PositiveInt("num_attention_heads"),
            hidden = json.PositiveInt("hidden_size");
        int keyValueHeads = json.OptionalPositiveInt("num_key_value_heads") ?? heads;
        int? headDimension = json.OptionalPositiveInt("head_dim");
        if (heads % keyValueHeads != 0)
        {
            throw json.Refuse("num_key_value_heads", $"it must divide num_attention_heads, {heads}.");
        }

        if (headDimension is null && hidden % heads != 0)
        {
            throw json.Refuse("hidden_size", $"it must be a multiple of num_attention_heads, {heads}, if there is no head_dim.");
        }

        int dimension = headDimension ?? hidden / heads;
        if (dimension % 2 != 0)
        {
            throw json.Refuse("head_dim", $"the width of a head must be even for rotary embeddings; it is {dimension}.");
        }

        int maxPositions = json.PositiveInt("max_position_embeddings");
        bool attentionBias = json.Flag("attention_bias", whenAbsent: false);
        JsonSettings? rope = json.OptionalSection("rope_parameters");
        RopeScaling? scaling = ReadScaling(rope ?? json.OptionalSection("rope_scaling"), maxPositions);
        return new DecoderConfig
        {
            Architecture = architecture,
            VocabularySize = json.PositiveInt("vocab_size"),
            HiddenSize = hidden,
            IntermediateSize = json.PositiveInt("intermediate_size"),
            LayerCount = json.PositiveInt("num_hidden_layers"),
            HeadCount = heads,
            KeyValueHeadCount = keyValueHeads,
            HeadDimension = dimension,
            RmsNormEpsilon = json.PositiveNumber("rms_norm_eps"),
            RopeTheta = rope?.OptionalPositiveNumber("rope_theta") ?? json.OptionalPositiveNumber("rope_theta") ?? 10_000,
            RopeScaling = scaling,
            TieWordEmbeddings = json.Flag("tie_word_embeddings", whenAbsent: false),
            ScalarHead = json.Texts("architectures").Any(name => name.EndsWith(ScalarSuffix, StringComparison.Ordinal)),
            QkvBias = architecture == DecoderArchitecture.Qwen2 || attentionBias,
            OutputBias = architecture != DecoderArchitecture.Qwen2 && attentionBias,
            QkNorm = architecture == DecoderArchitecture.Qwen3,
            MaxPositions = Math.Max(maxPositions, LengthenedBy(scaling)),
            BosTokenId = json.OptionalId("bos_token_id"),
            EosTokenIds = json.Ids("eos_token_id"),
            PadTokenId = json.OptionalId("pad_token_id"),
        };
    }

    /// <summary>The <c>model_type</c> of a family.</summary>
    public static string ModelType(DecoderArchitecture architecture) => architecture.ToString().ToLowerInvariant();

    private static DecoderArchitecture ReadArchitecture(JsonSettings json)
    {
        string known = string.Join(", ", Enum.GetValues<DecoderArchitecture>().Select(ModelType));
        string type = json.OptionalText("model_type") ?? throw json.Refuse("model_type", $"these are known: {known}.");
        foreach (DecoderArchitecture architecture in Enum.GetValues<DecoderArchitecture>())
        {
            if (ModelType(architecture) == type)
            {
                string[] heads = [architecture + CausalSuffix, architecture + ScalarSuffix];
                return json.Texts("architectures").All(heads.Contains)
                    ? architecture
                    : throw json.Refuse(
                        "architectures",
                        $"a model of type {type} must be a {heads[0]}, or a {heads[1]} with one label; other heads are not implemented."
                    );
            }
        }

        throw json.Refuse("model_type", $"these are known: {known}.");
    }

    private static void RefuseUnsupported(JsonSettings json)
    {
        if (json.OptionalText("hidden_act") is not (null or "silu" or "swish"))
        {
            throw json.Refuse("hidden_act", "only silu is implemented.");
        }

        if (json.Flag("mlp_bias", whenAbsent: false))
        {
            throw json.Refuse("mlp_bias", "biases in the MLP are not implemented.");
        }

        if (json.Has("quantization_config"))
        {
            throw json.Refuse("quantization_config", "quantised weights cannot be read; use the checkpoint in F32, F16 or BF16.");
        }

        RefuseSlidingWindow(json);
    }

    /// <summary>
    /// A window that some layer would apply within the model's length is refused; one that is only declared is not applied.
    /// </summary>
    private static void RefuseSlidingWindow(JsonSettings json)
    {
        bool fromLayers = json.Texts("layer_types").Any(type => type != "full_attention");
        bool declared =
            json.Flag("use_sliding_window", whenAbsent: false)
            && (json.OptionalPositiveInt("max_window_layers") ?? 0) < json.PositiveInt("num_hidden_layers");
        bool reached = json.OptionalPositiveInt("sliding_window") is not { } window || window < json.PositiveInt("max_position_embeddings");
        if (json.Has("layer_types") ? fromLayers && reached : declared && reached)
        {
            throw json.Refuse(
                fromLayers ? "layer_types" : "use_sliding_window",
                "sliding-window attention is not implemented, and its window is shorter than max_position_embeddings."
            );
        }
    }

    /// <summary>
    /// The context of a scaling that a config applies to an unchanged length, as Qwen's model cards say: vLLM and SGLang derive it
    /// likewise.
    /// </summary>
    private static int LengthenedBy(RopeScaling? scaling) =>
        scaling is { Kind: RopeScalingKind.Yarn } ? (int)Math.Min(int.MaxValue, scaling.OriginalMaxPositions * scaling.Factor) : 0;

    private static RopeScaling? ReadScaling(JsonSettings? rope, int maxPositions)
    {
        string? kind = rope?.OptionalText("rope_type") ?? rope?.OptionalText("type");
        if (rope is null || kind is null or "default")
        {
            return null;
        }

        return kind switch
        {
            "llama3" => new RopeScaling
            {
                Kind = RopeScalingKind.Llama3,
                Factor = rope.PositiveNumber("factor"),
                OriginalMaxPositions = rope.PositiveInt("original_max_position_embeddings"),
                LowFrequencyFactor = rope.PositiveNumber("low_freq_factor"),
                HighFrequencyFactor = rope.PositiveNumber("high_freq_factor"),
            },
            "yarn" => new RopeScaling
            {
                Kind = RopeScalingKind.Yarn,
                Factor = rope.PositiveNumber("factor"),
                OriginalMaxPositions = rope.OptionalPositiveInt("original_max_position_embeddings") ?? maxPositions,
                BetaFast = rope.OptionalPositiveNumber("beta_fast") ?? 32,
                BetaSlow = rope.OptionalPositiveNumber("beta_slow") ?? 1,
                AttentionFactor = rope.OptionalPositiveNumber("attention_factor"),
                Mscale = rope.OptionalPositiveNumber("mscale"),
                MscaleAllDimensions = rope.OptionalPositiveNumber("mscale_all_dim"),
                Truncate = rope.Flag("truncate", whenAbsent: true),
            },
            _ => throw rope.Refuse(
                rope.Has("rope_type") ? "rope_type" : "type",
                "these rotary scalings are implemented: default, llama3, yarn."
            ),
        };
    }
}
