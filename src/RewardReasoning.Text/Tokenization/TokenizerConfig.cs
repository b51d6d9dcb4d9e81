using System.Text.Json;

namespace RewardReasoning.Text.Tokenization;

/// <summary>What <c>tokenizer_config.json</c> says beside the tokenizer itself: the names of tokens, and the chat template.</summary>
internal sealed record TokenizerConfig
{
    private const string FileName = "tokenizer_config.json";
    private const string SpecialTokensName = "special_tokens_map.json";

    /// <summary>The text of the begin-of-text token, or null.</summary>
    public string? BosToken { get; init; }

    /// <summary>The text of the token that ends a turn or a text, or null.</summary>
    public string? EosToken { get; init; }

    /// <summary>The text of the padding token, or null.</summary>
    public string? PadToken { get; init; }

    /// <summary>The text of the unknown token, or null.</summary>
    public string? UnknownToken { get; init; }

    /// <summary>The class of transformers that the folder asks for.</summary>
    public string? TokenizerClass { get; init; }

    /// <summary>The chat template in Jinja, or null. Of a list of named templates, the one named "default".</summary>
    public string? ChatTemplate { get; init; }

    /// <summary>Reads the configuration of a model folder; empty where the folder has none.</summary>
    /// <exception cref="RewardReasoningException">The file is no JSON object.</exception>
    public static TokenizerConfig Load(string folder)
    {
        JsonElement root = Object(Path.Combine(folder, FileName));

        // Older folders name their special tokens in a file of their own, which transformers puts over the other one.
        bool older = root.ValueKind == JsonValueKind.Undefined || !root.TryGetProperty("added_tokens_decoder", out _);
        JsonElement special = older ? Object(Path.Combine(folder, SpecialTokensName)) : default;
        return new TokenizerConfig
        {
            BosToken = Token(special, "bos_token") ?? Token(root, "bos_token"),
            EosToken = Token(special, "eos_token") ?? Token(root, "eos_token"),
            PadToken = Token(special, "pad_token") ?? Token(root, "pad_token"),
            UnknownToken = Token(special, "unk_token") ?? Token(root, "unk_token"),
            TokenizerClass = Text(root, "tokenizer_class"),
            ChatTemplate = Template(root),
        };
    }

    /// <summary>The JSON object of a file; undefined if there is no file.</summary>
    private static JsonElement Object(string path)
    {
        if (!File.Exists(path))
        {
            return default;
        }

        try
        {
            using JsonDocument document = JsonDocument.Parse(File.ReadAllBytes(path));
            return document.RootElement.ValueKind == JsonValueKind.Object
                ? document.RootElement.Clone()
                : throw new TokenizerException($"{path} does not hold a JSON object; it must be the file of that name of a model folder.");
        }
        catch (Exception error) when (error is JsonException or InvalidOperationException)
        {
            throw new TokenizerException($"{path} is no valid JSON: {error.Message} The file may be cut short; fetch it again.", error);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new TokenizerException($"{path} cannot be read: {error.Message}", error);
        }
    }

    /// <summary>A token is given by its text or as an object with its content.</summary>
    private static string? Token(JsonElement root, string name) =>
        root.ValueKind == JsonValueKind.Object
        && root.TryGetProperty(name, out JsonElement token)
        && token.ValueKind == JsonValueKind.Object
            ? Text(token, "content")
            : Text(root, name);

    private static string? Template(JsonElement root)
    {
        if (
            root.ValueKind != JsonValueKind.Object
            || !root.TryGetProperty("chat_template", out JsonElement template)
            || template.ValueKind != JsonValueKind.Array
        )
        {
            return Text(root, "chat_template");
        }

        foreach (JsonElement named in template.EnumerateArray())
        {
            if (named.ValueKind == JsonValueKind.Object && Text(named, "name") == "default")
            {
                return Text(named, "template");
            }
        }

        return null;
    }

    private static string? Text(JsonElement element, string name) =>
        element.ValueKind == JsonValueKind.Object
        && element.TryGetProperty(name, out JsonElement text)
        && text.ValueKind == JsonValueKind.String
            ? text.GetString()
            : null;
}
