using System.Text.Json;
using System.Text.Json.Nodes;

namespace RewardReasoning.Data.Rows;

/// <summary>
/// Where the fields that recognition looks for are in a file that names them otherwise. A file <c>pairs.fields.json</c> beside
/// <c>pairs.jsonl</c> says so: <c>{"query": "ask.text", "response_1": "a"}</c> means that the query of every row is at <c>text</c> inside
/// its <c>ask</c>. Only recognition follows it; rows keep the fields that they have.
/// </summary>
internal sealed class FieldMap
{
    private const string Ending = ".fields.json";
    private readonly IReadOnlyList<KeyValuePair<string, string>> _fields;

    private FieldMap(IReadOnlyList<KeyValuePair<string, string>> fields) => _fields = fields;

    /// <summary>The map's name for a file of rows.</summary>
    public static string PathFor(string path) =>
        Path.Combine(Path.GetDirectoryName(path) ?? "", Path.GetFileNameWithoutExtension(RowCompressions.WithoutEnding(path)) + Ending);

    /// <summary>Whether a file is a map and not data.</summary>
    public static bool IsMap(string path) => path.EndsWith(Ending, StringComparison.OrdinalIgnoreCase);

    /// <summary>The map beside a file; null if there is none.</summary>
    /// <exception cref="InvalidDataException">It is not a JSON object of texts.</exception>
    public static FieldMap? Beside(string path)
    {
        string map = PathFor(path);
        if (!File.Exists(map))
        {
            return null;
        }

        try
        {
            using JsonDocument document = JsonDocument.Parse(
                File.ReadAllBytes(map),
                new JsonDocumentOptions { CommentHandling = JsonCommentHandling.Skip, AllowTrailingCommas = true }
            );
            return
                document.RootElement is { ValueKind: JsonValueKind.Object } root
                && root.EnumerateObject().All(field => field.Value.ValueKind == JsonValueKind.String)
                ? new FieldMap([.. root.EnumerateObject().Select(field => KeyValuePair.Create(field.Name, field.Value.GetString() ?? ""))])
                : throw new InvalidDataException(
                    $"'{map}' must be an object of texts: {{\"query\": \"FIELD\", \"response_1\": \"FIELD\"}}."
                );
        }
        catch (JsonException exception)
        {
            throw new InvalidDataException($"'{map}' is not JSON: {exception.Message}", exception);
        }
    }

    /// <summary>The fields of a row, and beside them those of the map under the names that recognition knows.</summary>
    public JsonElement Apply(DataRow row, JsonElement fields)
    {
        if (JsonObject.Create(fields) is not { } mapped)
        {
            return fields;
        }

        foreach ((string name, string path) in _fields)
        {
            if (row.Value(path) is { } value)
            {
                mapped[name] = JsonNode.Parse(value.GetRawText());
            }
        }

        return JsonSerializer.SerializeToElement(mapped);
    }
}
