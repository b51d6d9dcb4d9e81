using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using RewardReasoning.IO;
using RewardReasoning.Models.Checkpoints;
using RewardReasoning.Models.Decoder;
using RewardReasoning.Text.Tokenization;
using TorchSharp;

namespace RewardReasoning.Models;

/// <summary>Model folders as files: what a new one takes over from an old one, and how other programs read it.</summary>
public static class ModelFolder
{
    private const string CardName = "README.md";
    private const string CalibrationName = "calibration.json";
    private const string TokenizerConfigName = "tokenizer_config.json";

    private static readonly string[] Carried =
    [
        "tokenizer.json",
        TokenizerConfigName,
        "special_tokens_map.json",
        "chat_template.jinja",
        "generation_config.json",
        "judge-prompt.txt",
        "judge-domain.json",
        "judge-stub.json",
        "judge-tools.json",
    ];

    private static readonly JsonSerializerOptions Indented = new()
    {
        WriteIndented = true,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    /// <summary>How other programs would tokenize otherwise than this one, a sentence each; empty where none is known to.</summary>
    /// <exception cref="RewardReasoningException"><c>config.json</c> cannot be read.</exception>
    /// <exception cref="RewardReasoningException"><c>tokenizer.json</c> cannot be read.</exception>
    public static IReadOnlyList<string> Warnings(string folder)
    {
        JsonSettings config = JsonSettings.Load(Path.Combine(folder, DecoderConfig.FileName));
        return TokenizerReaders.Warnings(folder, config.OptionalText("model_type") ?? "");
    }

    /// <summary>
    /// Writes a model anew, in its own type, so that other programs tokenize it as this one does; what it computes stays the same to the
    /// bit, and completions that were stored for the old folder hold for the new one.
    /// </summary>
    /// <param name="from">A model folder.</param>
    /// <param name="to">The new folder; it must not hold a model yet.</param>
    /// <exception cref="RewardReasoningException">The model cannot be read, or <paramref name="to"/> holds one already.</exception>
    public static void Rewrite(string from, string to)
    {
        ArgumentNullException.ThrowIfNull(from);
        ArgumentNullException.ThrowIfNull(to);
        if (File.Exists(Path.Combine(to, DecoderConfig.FileName)))
        {
            throw new CheckpointException(to, "holds a model already; name a new folder.");
        }

        using DecoderModel model = DecoderModel.Load(from, StoredType(from), torch.CPU);
        CarryFiles(from, to);
        foreach (string name in new[] { CardName, CalibrationName })
        {
            string source = Path.Combine(from, name);
            if (File.Exists(source))
            {
                File.Copy(source, Path.Combine(to, name), overwrite: true);
            }
        }

        model.Save(to, model.Type);
        ModelIdentity.Declare(to, ModelIdentity.NameOf(from, hashes: null));
    }

    /// <summary>
    /// Writes a model as one GGUF file, tokenizer and chat template included, which llama.cpp and Ollama run as this program runs the
    /// folder.
    /// </summary>
    /// <param name="from">A model folder.</param>
    /// <param name="to">The file; an existing one is replaced.</param>
    /// <param name="type">How its matrices are stored: <c>stored</c> (as the folder has them), f32, f16, bf16 or q8_0.</param>
    /// <returns>What the file says otherwise than the folder, a sentence each; empty where it says all.</returns>
    /// <exception cref="RewardReasoningException">
    /// The folder cannot be read, or llama.cpp cannot run its model or tokenizer; the message says why.
    /// </exception>
    /// <exception cref="ArgumentException">There is no such type.</exception>
    public static IReadOnlyList<string> ExportGguf(string from, string to, string type = GgufExport.AsStored)
    {
        ArgumentNullException.ThrowIfNull(from);
        ArgumentNullException.ThrowIfNull(to);
        return GgufExport.Write(from, to, type);
    }

    /// <summary>
    /// Makes a model folder of low-rank adapters (LoRA, in PEFT's layout) and the model that they belong to. It consists of links, and
    /// the adapters are merged into the weights whenever it is loaded; tokenizer and judge's files are the adapters' own where they have
    /// any, else the base's.
    /// </summary>
    /// <param name="adapter">Folder with <c>adapter_config.json</c> and <c>adapter_model.safetensors</c>.</param>
    /// <param name="baseFolder">The model's folder, which may itself be one with adapters applied.</param>
    /// <param name="to">The folder to make; what an earlier call made there is replaced.</param>
    /// <exception cref="RewardReasoningException">The adapters cannot be applied to this model; the message says why.</exception>
    public static void ApplyAdapter(string adapter, string baseFolder, string to)
    {
        ArgumentNullException.ThrowIfNull(adapter);
        ArgumentNullException.ThrowIfNull(baseFolder);
        ArgumentNullException.ThrowIfNull(to);
        using (SafetensorsFolder weights = SafetensorsFolder.Open(baseFolder))
        {
            AdapterWeights.Open(adapter, weights).Dispose();
        }

        AdaptedFolder.Make(adapter, baseFolder, to, [DecoderConfig.FileName, .. Carried], [CalibrationName]); // a fit is of one model
    }

    /// <summary>
    /// Copies tokenizer, templates and judge files, where they exist and are not there yet. In <c>tokenizer_config.json</c> the model's
    /// inputs are named (transformers 4 else passes token types too) and a class that does not fit the tokenizer is replaced.
    /// </summary>
    public static void CarryFiles(string from, string to)
    {
        Directory.CreateDirectory(to);
        foreach (string name in Carried)
        {
            string source = Path.Combine(from, name);
            string target = Path.Combine(to, name);
            if (File.Exists(source) && !File.Exists(target))
            {
                File.Copy(source, target);
            }
        }

        CompleteTokenizerConfig(to);
    }

    /// <summary>Writes the folder's model card, <c>README.md</c>, if there is none.</summary>
    /// <param name="folder">A model folder, complete but for the card.</param>
    /// <param name="baseModel">Folder or hub name of the model that it was trained from; null for none.</param>
    internal static void WriteCard(string folder, string? baseModel)
    {
        string path = Path.Combine(folder, CardName);
        if (!File.Exists(path))
        {
            AtomicFile.WriteAllText(path, ModelCard.Of(folder, baseModel));
        }
    }

    private static void CompleteTokenizerConfig(string folder)
    {
        string path = Path.Combine(folder, TokenizerConfigName);
        if (!File.Exists(path) || JsonNode.Parse(File.ReadAllBytes(path)) is not JsonObject config)
        {
            return;
        }

        bool named = config.ContainsKey("model_input_names");
        bool fits = config["tokenizer_class"]?.GetValue<string>() is not { } name || !TokenizerReaders.IsWrongClass(folder, name);
        if (named && fits)
        {
            return;
        }

        if (!named)
        {
            config["model_input_names"] = new JsonArray("input_ids", "attention_mask");
        }

        if (!fits)
        {
            config["tokenizer_class"] = TokenizerReaders.GenericClass;
        }

        AtomicFile.Write(path, stream => JsonSerializer.Serialize(stream, config, Indented));
    }

    private static torch.ScalarType StoredType(string folder)
    {
        using SafetensorsFolder weights = SafetensorsFolder.Open(folder);
        torch.ScalarType[] types =
        [
            .. weights.Names.Select(weights.Find).OfType<SafetensorsEntry>().Select(entry => entry.Type).Distinct(),
        ];
        return types is [torch.ScalarType.BFloat16] ? torch.ScalarType.BFloat16 : torch.ScalarType.Float32;
    }
}
