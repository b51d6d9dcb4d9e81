using RewardReasoning.Models.Decoder;
using static TorchSharp.torch;

namespace RewardReasoning.Models.Generation;

/// <summary>The options of an engine with every choice made for one model and machine.</summary>
internal sealed record EnginePlan
{
    private const long SmallModel = 20_000_000;
    private const long MediumModel = 500_000_000;

    public required int Workers { get; init; }

    public required int? TensorThreads { get; init; }

    public required int MaxSequences { get; init; }

    public required int MaxPrefillTokens { get; init; }

    /// <summary>Tokens, padding included, that the KV cache of a worker may hold.</summary>
    public required long CacheTokens { get; init; }

    /// <summary>Whether a prompt is computed by itself, from its first token.</summary>
    public required bool Deterministic { get; init; }

    public static EnginePlan Of(EngineOptions options, DecoderModel model, int processors)
    {
        options.Validate();
        if (options.Deterministic && !DecodeStep.Supports(model))
        {
            throw new ArgumentException(
                $"Deterministic generation needs a model on the processor whose heads are a multiple of 16 wide; this one is on "
                    + $"{model.Device} and its heads are {model.Config.HeadDimension} wide."
            );
        }

        long parameters = model.Parameters.Sum(parameter => parameter.Value.numel());
        bool onProcessor = model.Device.type == TorchSharp.DeviceType.CPU;

        // Below this size a matrix product is so short that sharing it between threads costs more time than it saves.
        int workers = options.Workers ?? (onProcessor && parameters <= SmallModel ? processors : 1);

        // Pages hold float32 whatever the weights are; only other devices keep the cache in the type of the weights.
        long bytesPerToken =
            2L
            * model.Config.LayerCount
            * model.Config.KeyValueHeadCount
            * model.Config.HeadDimension
            * (DecodeStep.Supports(model) || model.Type == ScalarType.Float32 ? sizeof(float) : 2);
        return new EnginePlan
        {
            Workers = workers,
            TensorThreads = options.TensorThreads ?? (onProcessor ? Math.Max(1, processors / workers) : null),
            MaxSequences =
                options.MaxSequences
                ?? (
                    parameters <= SmallModel ? 128
                    : parameters <= MediumModel ? 64
                    : 32
                ),
            MaxPrefillTokens = options.MaxPrefillTokens,
            CacheTokens = Math.Max(1, options.MaxCacheBytes / bytesPerToken),
            Deterministic = options.Deterministic,
        };
    }
}
