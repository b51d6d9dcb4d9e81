using System.Text.Json;
using System.Text.Json.Nodes;
using RewardReasoning.Cli.Parsing;

namespace RewardReasoning.Cli.Ranking;

/// <summary>Responses from files: a JSON list of texts, JSON lines of them, or one text a file.</summary>
internal static class ResponseFiles
{
    private static readonly string[] TextFields = ["response", "text", "content"];

    public static async Task<IReadOnlyList<string>> ReadAsync(
        TextArgument texts,
        IReadOnlyList<string> paths,
        CancellationToken cancellationToken
    )
    {
        List<string> responses = [];
        foreach (string path in paths)
        {
            string text = await texts.ReadAsync(path == "-" ? path : $"@{path}", "--responses", cancellationToken);
            responses.AddRange(
                path == "-" || path.EndsWith(".jsonl", StringComparison.OrdinalIgnoreCase) ? Lines(text, path)
                : path.EndsWith(".json", StringComparison.OrdinalIgnoreCase) ? List(text, path)
                : [text]
            );
        }

        return responses;
    }

    private static List<string> List(string text, string path) =>
        Parse(text, path) is JsonArray list
            ? [.. list.Select((entry, at) => TextOf(entry, $"{path}: entry {at + 1}"))]
            : throw new UsageException($"{path} holds no JSON list; a .json file of responses is a list of texts.");

    private static IEnumerable<string> Lines(string text, string path) =>
        text.Split('\n')
            .Select((line, at) => (Line: line, Place: $"{path}:{at + 1}"))
            .Where(one => !string.IsNullOrWhiteSpace(one.Line))
            .Select(one => TextOf(Parse(one.Line, one.Place), one.Place));

    private static JsonNode? Parse(string text, string place)
    {
        try
        {
            return JsonNode.Parse(text);
        }
        catch (JsonException exception)
        {
            throw new UsageException(
                $"{place}: this is no JSON ({exception.Message}); responses are JSON texts, or objects with one under "
                    + $"{string.Join(", ", TextFields)}.",
                exception
            );
        }
    }

    private static string TextOf(JsonNode? node, string place)
    {
        JsonNode? value = node is JsonObject row ? TextFields.Select(field => row[field]).FirstOrDefault(found => found is not null) : node;
        return value is JsonValue text && text.GetValueKind() == JsonValueKind.String
            ? text.GetValue<string>()
            : throw new UsageException(
                $"{place}: there is no response; it is a JSON text, or an object with one under {string.Join(", ", TextFields)}."
            );
    }
}
