using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using Tomlyn;
using Tomlyn.Model;

namespace RewardReasoning.Evaluation.Running;

/// <summary>A file that people write: TOML where its name ends in <c>.toml</c>, else JSON, in which comments are skipped.</summary>
internal static class TomlOrJson
{
    /// <summary>What the file holds, as JSON.</summary>
    /// <exception cref="RewardReasoningException">It cannot be read as what it is; the message says where.</exception>
    public static JsonElement Read(string path)
    {
        string text = File.ReadAllText(path);
        try
        {
            JsonNode? root = path.EndsWith(".toml", StringComparison.OrdinalIgnoreCase)
                ? ToJson(TomlSerializer.Deserialize<TomlTable>(text))
                : JsonNode.Parse(text, documentOptions: new() { CommentHandling = JsonCommentHandling.Skip, AllowTrailingCommas = true });
            return JsonSerializer.SerializeToElement(root, TomlOrJsonContext.Default.JsonNode);
        }
        catch (Exception exception) when (exception is JsonException or TomlException)
        {
            throw new RunException($"{path}: {exception.Message}", exception);
        }
    }

    private static JsonNode? ToJson(object? value) =>
        value switch
        {
            TomlTable table => new JsonObject(table.Select(field => KeyValuePair.Create(field.Key, ToJson(field.Value)))),
            TomlTableArray tables => new JsonArray([.. tables.Select(ToJson)]),
            TomlArray list => new JsonArray([.. list.Select(ToJson)]),
            string text => JsonValue.Create(text),
            bool flag => JsonValue.Create(flag),
            long number => JsonValue.Create(number),
            double number => JsonValue.Create(number),
            _ => JsonValue.Create(Convert.ToString(value, CultureInfo.InvariantCulture)),
        };
}

[JsonSerializable(typeof(JsonNode))]
internal sealed partial class TomlOrJsonContext : JsonSerializerContext;
