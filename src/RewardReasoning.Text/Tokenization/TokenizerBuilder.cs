using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace RewardReasoning.Text.Tokenization;

/// <summary>
/// Makes the tokenizer of a small model of our own: byte-level BPE with all 256 bytes, every digit by itself, and otherwise no
/// splitting, so that a separator of a prompt can be one token whatever it is made of. Written field by field as the tokenizers
/// library writes it; transformers and vLLM read it as it is where the model's type lets them (<see cref="TokenizerReaders"/>).
/// </summary>
internal static class TokenizerBuilder
{
    private static readonly JsonWriterOptions Indented = new() { Indented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>Writes <c>tokenizer.json</c> and <c>tokenizer_config.json</c> into a folder, which is made if it is missing.</summary>
    /// <exception cref="ArgumentException">The recipe has faults; all are named.</exception>
    public static void Write(string folder, TokenizerRecipe recipe)
    {
        ArgumentNullException.ThrowIfNull(folder);
        ArgumentNullException.ThrowIfNull(recipe);
        recipe.Validate();
        MergeTraining training = MergeTraining.Learn(
            recipe.MergedTexts.SelectMany(RunsBetweenDigits).Distinct().Select(Encoding.UTF8.GetBytes)
        );
        Directory.CreateDirectory(folder);
        WriteJson(Path.Combine(folder, "tokenizer.json"), json => WriteTokenizer(json, recipe, training));
        WriteJson(Path.Combine(folder, "tokenizer_config.json"), json => WriteConfig(json, recipe));
    }

    private static IEnumerable<string> RunsBetweenDigits(string text)
    {
        List<Piece> digits = [];
        new NumberMatcher(1).FindMatches(text, digits);
        int at = 0;
        foreach (Piece digit in digits.Append(new Piece(text.Length, 0)))
        {
            if (digit.Start > at)
            {
                yield return text[at..digit.Start];
            }

            at = digit.End;
        }
    }

    private static void WriteTokenizer(Utf8JsonWriter json, TokenizerRecipe recipe, MergeTraining training)
    {
        json.WriteString("version", "1.0");
        json.WriteNull("truncation");
        json.WriteNull("padding");
        json.WriteStartArray("added_tokens");
        int id = training.Tokens.Count;
        foreach (string token in recipe.SpecialTokens.Concat(recipe.VisibleTokens))
        {
            WriteAddedToken(json, id, token, special: id - training.Tokens.Count < recipe.SpecialTokens.Count);
            id++;
        }

        json.WriteEndArray();
        json.WriteNull("normalizer");
        WritePreTokenizer(json);
        json.WriteNull("post_processor");
        WriteByteLevel(json, "decoder");
        WriteModel(json, training);
    }

    private static void WriteAddedToken(Utf8JsonWriter json, int id, string content, bool special)
    {
        json.WriteStartObject();
        json.WriteNumber("id", id);
        json.WriteString("content", content);
        json.WriteBoolean("single_word", false);
        json.WriteBoolean("lstrip", false);
        json.WriteBoolean("rstrip", false);
        json.WriteBoolean("normalized", false);
        json.WriteBoolean("special", special);
        json.WriteEndObject();
    }

    private static void WritePreTokenizer(Utf8JsonWriter json)
    {
        json.WriteStartObject("pre_tokenizer");
        json.WriteString("type", "Sequence");
        json.WriteStartArray("pretokenizers");
        json.WriteStartObject();
        json.WriteString("type", "Split");
        json.WriteStartObject("pattern");
        json.WriteString("Regex", @"\p{N}");
        json.WriteEndObject();
        json.WriteString("behavior", nameof(SplitBehavior.Isolated));
        json.WriteBoolean("invert", false);
        json.WriteEndObject();
        WriteByteLevel(json, name: null);
        json.WriteEndArray();
        json.WriteEndObject();
    }

    private static void WriteByteLevel(Utf8JsonWriter json, string? name)
    {
        if (name is not null)
        {
            json.WritePropertyName(name);
        }

        json.WriteStartObject();
        json.WriteString("type", "ByteLevel");
        json.WriteBoolean("add_prefix_space", false);
        json.WriteBoolean("trim_offsets", true);
        json.WriteBoolean("use_regex", false);
        json.WriteEndObject();
    }

    private static void WriteModel(Utf8JsonWriter json, MergeTraining training)
    {
        json.WriteStartObject("model");
        json.WriteString("type", "BPE");
        json.WriteNull("dropout");
        json.WriteNull("unk_token");
        json.WriteNull("continuing_subword_prefix");
        json.WriteNull("end_of_word_suffix");
        json.WriteBoolean("fuse_unk", false);
        json.WriteBoolean("byte_fallback", false);
        json.WriteBoolean("ignore_merges", false);
        json.WriteStartObject("vocab");
        for (int id = 0; id < training.Tokens.Count; id++)
        {
            json.WriteNumber(ByteLevelAlphabet.ToText(training.Tokens[id]), id);
        }

        json.WriteEndObject();
        json.WriteStartArray("merges");
        foreach ((int left, int right) in training.Merges)
        {
            json.WriteStartArray();
            json.WriteStringValue(ByteLevelAlphabet.ToText(training.Tokens[left]));
            json.WriteStringValue(ByteLevelAlphabet.ToText(training.Tokens[right]));
            json.WriteEndArray();
        }

        json.WriteEndArray();
        json.WriteEndObject();
    }

    private static void WriteConfig(Utf8JsonWriter json, TokenizerRecipe recipe)
    {
        json.WriteString("tokenizer_class", TokenizerReaders.GenericClass);
        json.WriteString("bos_token", recipe.BosToken);
        json.WriteString("eos_token", recipe.EosToken);
        json.WriteString("pad_token", recipe.PadToken);
        json.WriteBoolean("clean_up_tokenization_spaces", false);
        json.WriteNumber("model_max_length", recipe.ModelMaxLength);
        json.WriteStartArray("model_input_names"); // without it transformers 4 passes token types, which decoders refuse
        json.WriteStringValue("input_ids");
        json.WriteStringValue("attention_mask");
        json.WriteEndArray();
        if (recipe.ChatTemplate is not null)
        {
            json.WriteString("chat_template", recipe.ChatTemplate);
        }
    }

    private static void WriteJson(string path, Action<Utf8JsonWriter> writeProperties)
    {
        using FileStream file = File.Create(path);
        using (Utf8JsonWriter json = new(file, Indented))
        {
            json.WriteStartObject();
            writeProperties(json);
            json.WriteEndObject();
        }

        file.WriteByte((byte)'\n');
    }
}
