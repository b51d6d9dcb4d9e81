using RewardReasoning.Models.Checkpoints;
using RewardReasoning.Models.Decoder;
using RewardReasoning.Models.Generation;
using RewardReasoning.Models.Gguf;
using RewardReasoning.Text.ChatTemplates;
using RewardReasoning.Text.Tokenization;
using TorchSharp;

namespace RewardReasoning.Models;

/// <summary>Writes a model folder as a GGUF file that llama.cpp, and what is built on it, runs as this program runs the folder.</summary>
internal static class GgufExport
{
    /// <summary>The type that stores matrices as the folder has them.</summary>
    public const string AsStored = "stored";

    private const int MostEndTokens = 3;

    private static readonly Dictionary<string, GgufTensorType> TypeOf = new[]
    {
        GgufTensorType.F32,
        GgufTensorType.F16,
        GgufTensorType.BF16,
        GgufTensorType.Q8_0,
    }.ToDictionary(type => type.Name, StringComparer.OrdinalIgnoreCase);

    /// <summary>The types that matrices can be stored in.</summary>
    public static IReadOnlyList<string> Types { get; } = [AsStored, .. TypeOf.Keys.Select(name => name.ToLowerInvariant())];

    /// <summary>Writes a file; nothing is written where the model cannot be run from one.</summary>
    /// <param name="folder">A model folder with a tokenizer.</param>
    /// <param name="path">The file; an existing one is replaced.</param>
    /// <param name="type">How matrices are stored, one of <see cref="Types"/>.</param>
    /// <returns>What the file says otherwise than the folder, a sentence each.</returns>
    /// <exception cref="RewardReasoningException">
    /// The folder cannot be read, or llama.cpp cannot run its model; the message says why.
    /// </exception>
    public static IReadOnlyList<string> Write(string folder, string path, string type)
    {
        if (!Types.Contains(type, StringComparer.OrdinalIgnoreCase))
        {
            throw new ArgumentException($"type is '{type}'; it is {string.Join(", ", Types)}.");
        }

        using SafetensorsFolder weights = SafetensorsFolder.Open(folder);
        DecoderConfig config = DecoderWeights.WithoutZeroOutputBias(DecoderConfig.Load(folder), weights);
        GgufWeights tensors = new(config, weights, TypeOf.GetValueOrDefault(type) ?? StoredType(weights));
        List<string> notes = [];
        List<(string, object)> settings =
        [
            .. GgufSettings.Of(config, NameOf(folder), tensors.Type, weights.PathOf(ParameterSpecification.EmbeddingWeight)),
            .. TokenizerSettings(folder, config, notes),
            .. SamplingSettings(GenerationDefaults.Load(folder)),
            .. GgufJudgeFiles.Settings(folder),
        ];
        IReadOnlyList<GgufTensorSource> sources = tensors.Sources();
        if (sources.Where(source => source.Shape.Count > 1 && source.Type != tensors.Type).ToArray() is { Length: > 0 } others)
        {
            notes.Add(
                $"{others.Length} matrices are stored as {others[0].Type.Name}: their rows are no multiple of "
                    + $"{tensors.Type.BlockSize} numbers."
            );
        }

        GgufWriter.Write(path, settings, sources);
        return notes;
    }

    private static string NameOf(string folder) => Path.GetFileName(Path.TrimEndingDirectorySeparator(Path.GetFullPath(folder)));

    private static GgufTensorType StoredType(SafetensorsFolder weights) =>
        weights
            .Find(
                weights.Names.Contains(ParameterSpecification.EmbeddingWeight)
                    ? ParameterSpecification.EmbeddingWeight
                    : weights.Names.First()
            )
            ?.Type switch
        {
            torch.ScalarType.BFloat16 => GgufTensorType.BF16,
            torch.ScalarType.Float16 => GgufTensorType.F16,
            _ => GgufTensorType.F32,
        };

    private static IEnumerable<(string, object)> TokenizerSettings(string folder, DecoderConfig config, List<string> notes)
    {
        Tokenizer tokenizer = Tokenizer.Load(folder);
        LlamaCppPreTokenizer preTokenizer =
            TokenizerReaders.LlamaCpp(folder)
            ?? throw new CheckpointException(
                Path.Combine(folder, "tokenizer.json"),
                "llama.cpp has no pre-tokenizer that splits text as this tokenizer does, and a GGUF can only name one that it has; the "
                    + "model would read other tokens than it was trained on. Serve the folder itself: rrm serve --openai --model FOLDER."
            );
        ChatTokenizer? chat = ChatTemplate.IsIn(folder) ? ChatTokenizer.Load(folder) : null;
        EndTokens ends = EndTokens.Of(folder, config, tokenizer, chat);
        TokenizerConfig names = TokenizerConfig.Load(folder);
        int? bos = IdOf(names.BosToken) ?? config.BosTokenId;
        int? eos = IdOf(names.EosToken) ?? ends.OfTurn;
        int[] others = [.. ends.Ids.Where(id => id != eos && id != ends.OfTurn)];
        if (others.Length > MostEndTokens - 2)
        {
            notes.Add(
                $"a GGUF names {MostEndTokens} end tokens at most; these are not named in it: "
                    + $"{string.Join(", ", others.Skip(1).Select(id => tokenizer.Decode([id])))}."
            );
        }

        if (chat is null)
        {
            notes.Add("the folder has no chat template, so the file has none.");
        }

        (string Key, int? Id)[] ids =
        [
            (GgufTokenizer.BosKey, bos),
            (GgufTokenizer.EosKey, eos),
            (GgufTokenizer.TurnEndKey, ends.OfTurn == eos ? null : ends.OfTurn),
            (GgufTokenizer.MessageEndKey, others.Length > 0 ? others[0] : null),
            (GgufTokenizer.PadKey, IdOf(names.PadToken) ?? config.PadTokenId),
            (GgufTokenizer.UnknownKey, IdOf(names.UnknownToken)),
        ];
        try
        {
            return
            [
                .. GgufTokenizer.Settings(tokenizer, preTokenizer, config.VocabularySize),
                .. GgufTokenizer.Affixes(tokenizer, bos, eos),
                .. ids.Where(named => named.Id is >= 0).Select(named => (named.Key, (object)(uint)(named.Id ?? 0))),
                .. chat is null ? [] : new (string, object)[] { (GgufTokenizer.TemplateKey, chat.Template.Source) },
            ];
        }
        catch (ArgumentException fault)
        {
            throw new CheckpointException(folder, fault.Message, fault);
        }

        int? IdOf(string? text) => text is null ? null : tokenizer.FindToken(text);
    }

    /// <summary>How the model's makers sample it, as llama.cpp's own programs read it.</summary>
    private static IEnumerable<(string, object)> SamplingSettings(GenerationDefaults defaults)
    {
        GenerationDefaults none = new();
        return new (string, object, bool)[]
        {
            (GgufSettings.TemperatureKey, defaults.Temperature, defaults.Temperature != none.Temperature),
            (GgufSettings.TopKKey, defaults.TopK, defaults.TopK != none.TopK),
            (GgufSettings.TopPKey, defaults.TopP, defaults.TopP != none.TopP),
            (GgufSettings.MinPKey, defaults.MinP, defaults.MinP != none.MinP),
            (GgufSettings.PenaltyKey, defaults.RepetitionPenalty, defaults.RepetitionPenalty != none.RepetitionPenalty),
        }
            .Where(setting => setting.Item3)
            .Select(setting => (setting.Item1, setting.Item2));
    }
}
