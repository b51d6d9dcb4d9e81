using System.Text.Json.Nodes;

namespace RewardReasoning.Testing;

/// <summary>Gives a folder's tokenizer a way of splitting that llama.cpp has built in.</summary>
public static class LlamaCppTokenizers
{
    private const string Qwen =
        @"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+";

    private const string Llama3 =
        @"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+";

    /// <summary>Replaces the pre-tokenizer of the folder's <c>tokenizer.json</c>.</summary>
    /// <param name="folder">A model folder.</param>
    /// <param name="pre">llama.cpp's name: gpt-2, smollm, llama-bpe, dbrx or qwen2.</param>
    public static void Rewrite(string folder, string pre)
    {
        string path = Path.Combine(folder, "tokenizer.json");
        JsonNode root = JsonNode.Parse(File.ReadAllText(path)) ?? throw new InvalidOperationException($"{path} is empty");
        (JsonArray steps, bool whole) = pre switch
        {
            "gpt-2" => (new JsonArray(ByteLevel(useRegex: true)), false),
            "smollm" => (
                new JsonArray(new JsonObject { ["type"] = "Digits", ["individual_digits"] = true }, ByteLevel(useRegex: true)),
                false
            ),
            "llama-bpe" => (new JsonArray(Split(Llama3), ByteLevel(useRegex: false)), true),
            "dbrx" => (new JsonArray(Split(Llama3), ByteLevel(useRegex: false)), false),
            "qwen2" => (new JsonArray(Split(Qwen), ByteLevel(useRegex: false)), false),
            _ => throw new ArgumentException(pre),
        };
        root["pre_tokenizer"] = new JsonObject { ["type"] = "Sequence", ["pretokenizers"] = steps };
        root["normalizer"] = pre == "qwen2" ? new JsonObject { ["type"] = "NFC" } : null;
        (root["model"] ?? throw new InvalidOperationException($"{path} has no model"))["ignore_merges"] = whole;
        File.WriteAllText(path, root.ToJsonString());
    }

    private static JsonObject ByteLevel(bool useRegex) =>
        new()
        {
            ["type"] = "ByteLevel",
            ["add_prefix_space"] = false,
            ["trim_offsets"] = true,
            ["use_regex"] = useRegex,
        };

    private static JsonObject Split(string pattern) =>
        new()
        {
            ["type"] = "Split",
            ["pattern"] = new JsonObject { ["Regex"] = pattern },
            ["behavior"] = "Isolated",
            ["invert"] = false,
        };
}
