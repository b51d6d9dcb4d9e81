using RewardReasoning.Models.Checkpoints;
using RewardReasoning.Models.Decoder;

namespace RewardReasoning.Models.Gguf;

/// <summary>The settings of a decoder as llama.cpp names them.</summary>
internal static class GgufSettings
{
    public const string NameKey = "general.name";
    public const string FileTypeKey = "general.file_type";
    public const string TemperatureKey = "general.sampling.temp";
    public const string TopKKey = "general.sampling.top_k";
    public const string TopPKey = "general.sampling.top_p";
    public const string MinPKey = "general.sampling.min_p";
    public const string PenaltyKey = "general.sampling.penalty_repeat";

    private const uint QuantizationVersion = 2;

    /// <summary>The file's own name for the type of most of its numbers (<c>llama_ftype</c>).</summary>
    private static readonly Dictionary<GgufTensorType, uint> FileTypes = new()
    {
        [GgufTensorType.F32] = 0,
        [GgufTensorType.F16] = 1,
        [GgufTensorType.Q8_0] = 7,
        [GgufTensorType.BF16] = 32,
    };

    /// <param name="config">The model.</param>
    /// <param name="name">For people.</param>
    /// <param name="type">Of its matrices.</param>
    /// <param name="path">What an error names.</param>
    /// <exception cref="RewardReasoningException">llama.cpp does not have this model.</exception>
    public static IReadOnlyList<(string Key, object Value)> Of(DecoderConfig config, string name, GgufTensorType type, string path)
    {
        ArgumentNullException.ThrowIfNull(config);
        if (Obstacle(config) is { } obstacle)
        {
            throw new CheckpointException(path, obstacle);
        }

        string kind = DecoderConfigReader.ModelType(config.Architecture);
        return
        [
            (GgufFile.ArchitectureKey, kind),
            ("general.type", "model"),
            (NameKey, name),
            (FileTypeKey, FileTypes[type]),
            ("general.quantization_version", QuantizationVersion),
            ($"{kind}.vocab_size", (uint)config.VocabularySize),
            ($"{kind}.context_length", (uint)config.MaxPositions),
            ($"{kind}.embedding_length", (uint)config.HiddenSize),
            ($"{kind}.block_count", (uint)config.LayerCount),
            ($"{kind}.feed_forward_length", (uint)config.IntermediateSize),
            ($"{kind}.attention.head_count", (uint)config.HeadCount),
            ($"{kind}.attention.head_count_kv", (uint)config.KeyValueHeadCount),
            ($"{kind}.attention.key_length", (uint)config.HeadDimension),
            ($"{kind}.attention.value_length", (uint)config.HeadDimension),
            ($"{kind}.attention.layer_norm_rms_epsilon", (float)config.RmsNormEpsilon),
            ($"{kind}.rope.dimension_count", (uint)config.HeadDimension),
            ($"{kind}.rope.freq_base", (float)config.RopeTheta),
            .. config.RopeScaling is { Kind: RopeScalingKind.Yarn } scaling ? Yarn(kind, scaling) : [],
        ];
    }

    private static string? Obstacle(DecoderConfig config) =>
        config switch
        {
            { ScalarHead: true } =>
                "this is a scalar reward model, which gives a score and writes nothing; a GGUF of it would not run as a judge. "
                    + "Serve the folder itself: rrm serve --model FOLDER.",
            { Architecture: DecoderArchitecture.Qwen3, QkvBias: true } =>
                "llama.cpp's Qwen3 has no biases of attention, and this model has.",
            { Architecture: not DecoderArchitecture.Llama, RopeScaling.Kind: RopeScalingKind.Llama3 } =>
                $"llama.cpp's {config.Architecture} has no rotary scaling of the kind llama3; Llama has.",
            { RopeScaling: { Kind: RopeScalingKind.Yarn, Truncate: false } } =>
                "llama.cpp's yarn rounds the ends of its ramp to whole dimensions; this model's does not (truncate is false).",
            _ => null,
        };

    /// <summary>
    /// llama.cpp multiplies cosine and sine by <c>attn_factor</c> (1 + 0.1 ln factor), where Hugging Face has the product.
    /// </summary>
    private static IEnumerable<(string, object)> Yarn(string kind, RopeScaling scaling)
    {
        double own = scaling.Factor <= 1 ? 1 : (0.1 * Math.Log(scaling.Factor)) + 1;
        return
        [
            ($"{kind}.rope.scaling.type", "yarn"),
            ($"{kind}.rope.scaling.factor", (float)scaling.Factor),
            ($"{kind}.rope.scaling.original_context_length", (uint)scaling.OriginalMaxPositions),
            ($"{kind}.rope.scaling.attn_factor", (float)(RotaryFrequencies.YarnMagnitude(scaling) / own)),
            ($"{kind}.rope.scaling.yarn_beta_fast", (float)scaling.BetaFast),
            ($"{kind}.rope.scaling.yarn_beta_slow", (float)scaling.BetaSlow),
        ];
    }
}
