using System.Collections.Frozen;
using System.Text.Json;

namespace RewardReasoning.Text.Tokenization;

/// <summary>
/// What other programs make of a folder's tokenizer. Most of them read <c>tokenizer.json</c> as it is; for some types of model they
/// replace parts of it, and then give the model other tokens than it was trained on, without a warning.
/// </summary>
/// <remarks>
/// transformers 5 (seen in 5.9 to 5.24; vLLM, TRL, verl and lm-eval load through it) takes the tokenizer class of these types from
/// <c>model_type</c>, whatever <c>tokenizer_class</c> says. Its <c>Qwen2Tokenizer</c> keeps vocabulary and merges and replaces
/// normaliser and pre-tokenizer by Qwen2's own. transformers 4 does not. llama.cpp knows a fixed list of pre-tokenizers.
/// </remarks>
internal static class TokenizerReaders
{
    /// <summary>The class of transformers that takes <c>tokenizer.json</c> as it is, in versions 4 and 5.</summary>
    public const string GenericClass = "PreTrainedTokenizerFast";

    private const string FileName = "tokenizer.json";

    private static readonly FrozenSet<string> ReadAsQwen2 = FrozenSet.Create(
        StringComparer.Ordinal,
        "qwen2",
        "qwen2_moe",
        "qwen2_vl",
        "qwen2_5_vl",
        "qwen3",
        "qwen3_moe",
        "qwen3_next",
        "qwen3_vl"
    );

    private static readonly FrozenSet<string> ReadByType = FrozenSet.Create(
        StringComparer.Ordinal,
        "arctic",
        "ernie4_5",
        "fuyu",
        "internlm2",
        "internlm3",
        "jamba",
        "minicpm3",
        "modernbert",
        "molmo",
        "nemotron",
        "phi3",
        "phimoe",
        "qwen3_5",
        "smolvlm"
    );

    /// <summary>Whether a type's readers put Qwen2's own splitting in place of that of the folder's <c>tokenizer.json</c>.</summary>
    /// <param name="folder">A model folder; false where it has no tokenizer.</param>
    /// <param name="modelType">The <c>model_type</c> of its <c>config.json</c>.</param>
    /// <exception cref="RewardReasoningException"><c>tokenizer.json</c> cannot be read.</exception>
    public static bool Misread(string folder, string modelType)
    {
        ArgumentNullException.ThrowIfNull(folder);
        return ReadAsQwen2.Contains(modelType) && Splitting.Of(folder) is { IsQwen2: false };
    }

    /// <summary>How other programs would tokenize otherwise than this one, a sentence each; empty where none is known to.</summary>
    /// <param name="folder">A model folder.</param>
    /// <param name="modelType">The <c>model_type</c> of its <c>config.json</c>.</param>
    /// <exception cref="RewardReasoningException"><c>tokenizer.json</c> cannot be read.</exception>
    public static IReadOnlyList<string> Warnings(string folder, string modelType)
    {
        ArgumentNullException.ThrowIfNull(folder);
        if (Splitting.Of(folder) is not { } splitting)
        {
            return [];
        }

        List<string> warnings = [];
        string? tokenizerClass = TokenizerConfig.Load(folder).TokenizerClass;
        if (ReadAsQwen2.Contains(modelType) && !splitting.IsQwen2)
        {
            warnings.Add(
                $"transformers 5 and vLLM give a model of type {modelType} Qwen2's own splitting in place of that of tokenizer.json, so "
                    + "they read other tokens than this model was trained on. Write it as type llama: rrm model rewrite FOLDER --out NEW."
            );
        }
        else if (ReadByType.Contains(modelType))
        {
            warnings.Add(
                $"transformers 5 and vLLM choose the tokenizer class of a model of type {modelType} themselves. Compare the ids of a "
                    + "prompt."
            );
        }
        else if (IsWrongClass(splitting, tokenizerClass))
        {
            warnings.Add(
                $"tokenizer_config.json names {tokenizerClass}, but tokenizer.json does not split as Qwen2 does; transformers 5 then reads "
                    + $"other tokens. Set tokenizer_class to {GenericClass}."
            );
        }

        if (splitting.LlamaCpp is null)
        {
            warnings.Add(
                "llama.cpp has no pre-tokenizer that splits as tokenizer.json does; a GGUF of this model would read other tokens."
            );
        }

        return warnings;
    }

    /// <summary>
    /// What llama.cpp has for the splitting of a folder, as it is read here; null where it has none, or if there is no tokenizer.
    /// </summary>
    /// <exception cref="RewardReasoningException"><c>tokenizer.json</c> cannot be read.</exception>
    public static LlamaCppPreTokenizer? LlamaCpp(string folder)
    {
        ArgumentNullException.ThrowIfNull(folder);
        return Splitting.Of(folder)?.LlamaCpp;
    }

    /// <summary>Whether a <c>tokenizer_class</c> would split otherwise than the folder's <c>tokenizer.json</c>.</summary>
    internal static bool IsWrongClass(string folder, string tokenizerClass) => IsWrongClass(Splitting.Of(folder), tokenizerClass);

    private static bool IsWrongClass(Splitting? splitting, string? tokenizerClass) =>
        splitting is { IsQwen2: false } && tokenizerClass is "Qwen2Tokenizer" or "Qwen2TokenizerFast";

    /// <summary>How a <c>tokenizer.json</c> normalises and splits text.</summary>
    private sealed record Splitting(string? Normalizer, IReadOnlyList<string> Steps, bool WholePieceFirst)
    {
        public bool IsQwen2 => Normalizer == "NFC" && Steps is [WordMatcher.QwenPattern];

        public LlamaCppPreTokenizer? LlamaCpp => LlamaCppPreTokenizer.Find(Steps, WholePieceFirst);

        /// <summary>Null where the folder has no tokenizer.</summary>
        public static Splitting? Of(string folder)
        {
            string path = Path.Combine(folder, FileName);
            if (!File.Exists(path))
            {
                return null;
            }

            try
            {
                using JsonDocument document = JsonDocument.Parse(File.ReadAllBytes(path));
                JsonElement root = document.RootElement;
                bool wholePieceFirst =
                    root.TryGetProperty("model", out JsonElement model)
                    && model.TryGetProperty("ignore_merges", out JsonElement whole)
                    && whole.ValueKind == JsonValueKind.True;
                IEnumerable<string> steps = StepsOf(root, "pre_tokenizer").SelectMany(Describe);
                if (TokenizerConfig.Load(folder).TokenizerClass == TokenizerSections.Gpt2Class)
                {
                    steps = steps.Where(step => step != LlamaCppPreTokenizer.Digits);
                }

                return new Splitting(TypeOf(root, "normalizer"), [.. steps], wholePieceFirst);
            }
            catch (Exception error)
                when (error
                        is JsonException
                            or InvalidOperationException
                            or KeyNotFoundException
                            or IOException
                            or UnauthorizedAccessException
                )
            {
                throw new TokenizerException($"{path} cannot be read: {error.Message}", error);
            }
        }

        private static string? TypeOf(JsonElement root, string name) =>
            root.TryGetProperty(name, out JsonElement section)
            && section.ValueKind == JsonValueKind.Object
            && section.TryGetProperty("type", out JsonElement type)
                ? type.GetString()
                : null;

        private static JsonElement[] StepsOf(JsonElement root, string name) =>
            !root.TryGetProperty(name, out JsonElement section) || section.ValueKind != JsonValueKind.Object ? []
            : section.TryGetProperty("pretokenizers", out JsonElement steps) ? [.. steps.EnumerateArray()]
            : [section];

        /// <summary>
        /// The pattern of a split, <see cref="LlamaCppPreTokenizer.Digits"/>, GPT-2's pattern of ByteLevel, or the name of any other step.
        /// </summary>
        private static IEnumerable<string> Describe(JsonElement step)
        {
            string type = step.TryGetProperty("type", out JsonElement name) ? name.GetString() ?? "" : "";
            switch (type)
            {
                case "Split" when IsIsolated(step) && step.GetProperty("pattern").TryGetProperty("Regex", out JsonElement regex):
                    yield return regex.GetString() ?? "";
                    break;
                case "Digits" when step.TryGetProperty("individual_digits", out JsonElement single) && single.GetBoolean():
                    yield return LlamaCppPreTokenizer.Digits;
                    break;
                case "ByteLevel" when !step.TryGetProperty("use_regex", out JsonElement useRegex) || useRegex.GetBoolean():
                    yield return WordMatcher.Gpt2Pattern;
                    break;
                case "ByteLevel":
                    break;
                default:
                    yield return type;
                    break;
            }
        }

        private static bool IsIsolated(JsonElement step) =>
            step.TryGetProperty("behavior", out JsonElement behavior)
            && behavior.GetString() == "Isolated"
            && !(step.TryGetProperty("invert", out JsonElement invert) && invert.GetBoolean());
    }
}
