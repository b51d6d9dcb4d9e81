using RewardReasoning.Models.Checkpoints;
using RewardReasoning.Models.Decoder;
using RewardReasoning.Models.Generation;
using RewardReasoning.Text.ChatTemplates;
using RewardReasoning.Text.Tokenization;
using static TorchSharp.torch;

namespace RewardReasoning.Models;

/// <summary>A Hugging Face folder, loaded: weights, tokenizer, chat template and the settings that go with them.</summary>
public sealed class LocalModel : IChatModel, IDisposable
{
    private readonly Lazy<string> _identity;

    private LocalModel(string folder, DecoderModel decoder, ChatTokenizer chat, GenerationDefaults defaults, LocalModelOptions options)
    {
        (Folder, Decoder, Chat, Defaults, TemplateVariables) = (folder, decoder, chat, defaults, options.TemplateVariables);
        _identity = new Lazy<string>(() => IdentityOf(folder, decoder, options));
        EndTokens = Models.EndTokens.Of(folder, decoder.Config, chat).Ids;
        Tags = ReasoningTags.Find(Tokenizer);
    }

    /// <summary>Where it was loaded from.</summary>
    public string Folder { get; }

    /// <summary>The folder's name, for people.</summary>
    public string Name => Path.GetFileName(Path.TrimEndingDirectorySeparator(Path.GetFullPath(Folder)));

    /// <summary>The weights.</summary>
    internal DecoderModel Decoder { get; }

    /// <summary>Tokenizer and chat template.</summary>
    public ChatTokenizer Chat { get; }

    /// <summary>The tokenizer alone.</summary>
    public Tokenizer Tokenizer => Chat.Tokenizer;

    /// <summary>Tokens that end a completion.</summary>
    public IReadOnlyList<int> EndTokens { get; }

    /// <summary>The tags around reasoning, where the tokenizer has them as tokens.</summary>
    internal ReasoningTags? Tags { get; }

    /// <summary>Longest prompt and completion together, in tokens.</summary>
    public int ContextLength => Decoder.Config.MaxPositions;

    /// <summary>
    /// The type it computes in: <c>float32</c> or <c>bfloat16</c>, with <c>+int8</c> where next tokens are computed with weights in 8 bits.
    /// </summary>
    public string ComputeType => NameOf(Decoder);

    /// <summary>
    /// A name for what the model computes: SHA-256 over config, weights, tokenizer and templates, with the compute type and any template
    /// variables. Read from the files when first asked for, which takes about a second per gigabyte unless
    /// <see cref="LocalModelOptions.HashFolder"/> has it.
    /// </summary>
    public string Identity => _identity.Value;

    internal GenerationDefaults Defaults { get; }

    ReasoningTags? IChatModel.Tags => Tags;

    GenerationDefaults IChatModel.Defaults => Defaults;

    IReadOnlyDictionary<string, object?> IChatModel.TemplateVariables => TemplateVariables;

    internal IReadOnlyDictionary<string, object?> TemplateVariables { get; }

    /// <summary>The <see cref="Identity"/> of a folder that is loaded by other means.</summary>
    internal static string IdentityOf(string folder, DecoderModel decoder, LocalModelOptions options)
    {
        ArgumentNullException.ThrowIfNull(decoder);
        ArgumentNullException.ThrowIfNull(options);
        return ModelIdentity.Of(
            folder,
            NameOf(decoder),
            options.TemplateVariables,
            options.HashFolder is { } hashFolder ? new FileHashes(hashFolder, TimeProvider.System) : null
        );
    }

    /// <summary>Loads a folder.</summary>
    /// <exception cref="RewardReasoningException">Config or weights are missing, damaged or of an unknown kind.</exception>
    /// <exception cref="RewardReasoningException">The tokenizer cannot be loaded.</exception>
    /// <exception cref="RewardReasoningException">The chat template is missing or cannot be read.</exception>
    /// <exception cref="ArgumentException">The options name no device or type.</exception>
    public static LocalModel Load(string folder, LocalModelOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(folder);
        options ??= new LocalModelOptions();
        DecoderConfig config = DecoderConfig.Load(folder);

        // Loading the tensor library takes most of the start-up time of a small model; the template does not need it.
        Task<ChatTokenizer> chat = Task.Run(() => ChatTokenizer.Load(folder));
        DecoderModel? decoder = null;
        try
        {
            if (config.ScalarHead)
            {
                throw new CheckpointException(
                    Path.Combine(folder, DecoderConfig.FileName),
                    "this is a scalar reward model: it gives each response a score and writes nothing. Verbs that judge take it as "
                        + "--model, and rrm rank as --screen too."
                );
            }

            decoder = LoadDecoder(folder, config, options);
            decoder.EightBitDecoding = options.EightBitWeights && RequireEightBits(decoder);
            return new LocalModel(folder, decoder, chat.GetAwaiter().GetResult(), GenerationDefaults.Load(folder), options);
        }
        catch
        {
            decoder?.Dispose();
            throw;
        }
    }

    /// <summary>Loads only the weights of a folder, of any kind.</summary>
    /// <exception cref="RewardReasoningException">Weights are missing or damaged, or do not fit the config.</exception>
    /// <exception cref="ArgumentException">The options name no device or type.</exception>
    internal static DecoderModel LoadDecoder(string folder, DecoderConfig config, LocalModelOptions options)
    {
        ArgumentNullException.ThrowIfNull(config);
        ArgumentNullException.ThrowIfNull(options);
        Device device = ComputeDevice.Of(options.Device);
        return DecoderModel.Load(folder, TypeOf(options.ComputeType, config, device), device);
    }

    /// <inheritdoc/>
    public void Dispose() => Decoder.Dispose();

    private static ScalarType TypeOf(ComputeType type, DecoderConfig config, Device device) =>
        type switch
        {
            Models.ComputeType.Automatic => ComputeTypeProbe.Choose(config, device),
            Models.ComputeType.F32 => ScalarType.Float32,
            Models.ComputeType.BF16 => ScalarType.BFloat16,
            _ => throw new ArgumentException(
                $"ComputeType is {(int)type}; it is one of {string.Join(", ", Enum.GetNames<ComputeType>())}."
            ),
        };

    private static bool RequireEightBits(DecoderModel decoder) =>
        DecodeStep.Supports(decoder)
            ? true
            : throw new ArgumentException(
                $"Weights in 8 bits need a model on the processor whose heads are a multiple of 16 wide; this one is on {decoder.Device} "
                    + $"and its heads are {decoder.Config.HeadDimension} wide."
            );

    private static string NameOf(DecoderModel decoder) =>
        (decoder.Type == ScalarType.BFloat16 ? "bfloat16" : "float32") + (decoder.EightBitDecoding ? "+int8" : "");
}
