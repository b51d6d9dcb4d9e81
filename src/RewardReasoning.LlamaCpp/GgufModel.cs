using System.Globalization;
using LLama.Exceptions;
using LLama.Native;
using RewardReasoning.Models;
using RewardReasoning.Models.Generation;
using RewardReasoning.Models.Gguf;
using RewardReasoning.Text.ChatTemplates;

namespace RewardReasoning.LlamaCpp;

/// <summary>A GGUF file, loaded: weights in llama.cpp, tokenizer and chat template here.</summary>
internal sealed class GgufModel : IChatModel, IDisposable
{
    private readonly Lazy<string> _identity;

    private GgufModel(GgufFile file, SafeLlamaModelHandle native, ChatTokenizer chat, LocalModelOptions options, LlamaPlan plan)
    {
        (File, Native, Chat, Plan, TemplateVariables) = (file, native, chat, plan, options.TemplateVariables);
        (Tags, Defaults) = (ReasoningTags.Find(chat.Tokenizer), DefaultsOf(file));
        EndTokens = EndsOf(native);
        (CacheType, CacheCells) = CacheOf(native, plan);
        _identity = new Lazy<string>(() =>
            ModelIdentity.OfFile(file.Path, $"llama.cpp:{Quantization}", options.TemplateVariables, options.HashFolder)
        );
    }

    /// <summary>Its header.</summary>
    public GgufFile File { get; }

    /// <summary>The weights.</summary>
    public SafeLlamaModelHandle Native { get; }

    /// <summary>How much is done at once.</summary>
    public LlamaPlan Plan { get; }

    /// <inheritdoc/>
    public string Name => Path.GetFileNameWithoutExtension(File.Path);

    /// <summary>The type that most of its numbers are stored in.</summary>
    public string Quantization => File.Types.Select(type => type.Type.Name).FirstOrDefault("empty");

    /// <inheritdoc/>
    /// <value>SHA-256 of the file, how it is stored, and any template variables.</value>
    public string Identity => _identity.Value;

    /// <inheritdoc/>
    public ChatTokenizer Chat { get; }

    /// <inheritdoc/>
    public IReadOnlyList<int> EndTokens { get; }

    /// <inheritdoc/>
    public ReasoningTags? Tags { get; }

    /// <inheritdoc/>
    /// <value>What the model was made for, or less where the KV cache holds less.</value>
    public int ContextLength => Math.Min(Native.ContextSize, CacheCells);

    /// <inheritdoc/>
    public GenerationDefaults Defaults { get; }

    /// <inheritdoc/>
    public IReadOnlyDictionary<string, object?> TemplateVariables { get; }

    /// <summary>The type of keys and values: that of the weights for a file in 32 bits, else 16 bits.</summary>
    public GGMLType CacheType { get; }

    /// <summary>Tokens whose keys and values fit at once.</summary>
    public int CacheCells { get; }

    /// <summary>Loads a file.</summary>
    /// <exception cref="RewardReasoningException">
    /// The file is damaged or of a kind that is not known here, or llama.cpp's library is missing.
    /// </exception>
    /// <exception cref="ArgumentException">The options cannot be honoured.</exception>
    public static GgufModel Load(string path, LocalModelOptions options, EngineOptions? engine)
    {
        ArgumentNullException.ThrowIfNull(path);
        ArgumentNullException.ThrowIfNull(options);
        LlamaPlan plan = LlamaPlan.Of(options, engine);
        GgufFile file = GgufFile.Open(path);
        if (file.Whole("split.count") is > 1 and var parts)
        {
            throw file.Fail(
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"is one of {parts} parts; join them first: llama-gguf-split --merge FIRST OUT.gguf."
                )
            );
        }

        ChatTokenizer chat = GgufTokenizer.ReadChat(file);
        LlamaLibrary.Load();
        SafeLlamaModelHandle native = LoadNative(path);
        try
        {
            if (native.Vocab.Count < chat.Tokenizer.VocabularySize)
            {
                throw file.Fail($"its tokenizer has {chat.Tokenizer.VocabularySize} tokens and its model {native.Vocab.Count}.");
            }

            return new GgufModel(file, native, chat, options, plan);
        }
        catch
        {
            native.Dispose();
            throw;
        }
    }

    /// <inheritdoc/>
    public void Dispose() => Native.Dispose();

    private static SafeLlamaModelHandle LoadNative(string path)
    {
        try
        {
            LLamaModelParams parameters = LLamaModelParams.Default();
            parameters.n_gpu_layers = 0;
            return SafeLlamaModelHandle.LoadFromFile(path, parameters);
        }
        catch (Exception error) when (error is RuntimeError or InvalidOperationException)
        {
            throw new LlamaCppException($"{path}: llama.cpp cannot load this file: {LlamaLibrary.LastError}", error);
        }
    }

    private static int[] EndsOf(SafeLlamaModelHandle native) =>
        [.. Enumerable.Range(0, native.Vocab.Count).Where(id => ((LLamaToken)id).IsEndOfGeneration(native.Vocab))];

    private static GenerationDefaults DefaultsOf(GgufFile file)
    {
        GenerationDefaults none = new();
        return none with
        {
            Temperature = (float?)file.Number(GgufSettings.TemperatureKey) ?? none.Temperature,
            TopK = (int)Math.Max(0, file.Whole(GgufSettings.TopKKey) ?? none.TopK),
            TopP = (float?)file.Number(GgufSettings.TopPKey) ?? none.TopP,
            MinP = (float?)file.Number(GgufSettings.MinPKey) ?? none.MinP,
            RepetitionPenalty = (float?)file.Number(GgufSettings.PenaltyKey) ?? none.RepetitionPenalty,
        };
    }

    private (GGMLType Type, int Cells) CacheOf(SafeLlamaModelHandle native, LlamaPlan plan)
    {
        string kind = File.Architecture;
        bool whole = Quantization == GgufTensorType.F32.Name;
        long head = File.Whole($"{kind}.attention.key_length") ?? (native.EmbeddingSize / Math.Max(1, native.HeadCount));
        long bytesPerToken = Math.Max(1, 2L * native.LayerCount * native.KVHeadCount * head * (whole ? 4 : 2));
        long most = Math.Min(plan.MaxCacheBytes / bytesPerToken, (long)native.ContextSize * plan.MaxSequences);
        int cells = (int)Math.Clamp(most / CellStep * CellStep, CellStep, int.MaxValue / 2);
        return (whole ? GGMLType.GGML_TYPE_F32 : GGMLType.GGML_TYPE_F16, cells);
    }

    /// <summary>llama.cpp rounds its cache to multiples of this.</summary>
    private const int CellStep = 256;
}
