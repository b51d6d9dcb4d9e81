using System.Text;
using System.Text.Json;
using Microsoft.Extensions.AI;
using RewardReasoning.Data.Rows;

namespace RewardReasoning.Data.Recognition;

/// <summary>Values of fields as texts and messages; what they are not becomes a <see cref="JsonException"/> that names the field.</summary>
internal static class FieldReader
{
    // RMB has its responses as objects with the model's name and its answer.
    private static readonly string[] TextNames = ["answer", "text"];

    public static string Text(JsonElement value, string name) =>
        value.ValueKind == JsonValueKind.String
            ? Known(value, name)
            : throw new JsonException($"'{name}' is {JsonRow.Describe(value)}; it must be a string.");

    /// <summary>A text, or a number or truth value as written: answers come as either.</summary>
    public static string TextOrNumber(JsonElement value, string name) =>
        value.ValueKind is JsonValueKind.Number or JsonValueKind.True or JsonValueKind.False ? value.GetRawText() : Text(value, name);

    /// <summary>A label as text, whatever it is written as.</summary>
    public static string LabelText(JsonElement label) =>
        label.ValueKind == JsonValueKind.String ? JsonRow.TextOrEscapes(label) : label.GetRawText();

    /// <summary>A turn: a text, or an object with <c>content</c>.</summary>
    public static string TurnText(JsonElement turn, string name) =>
        turn.ValueKind == JsonValueKind.Object && turn.TryGetProperty("content", out JsonElement content)
            ? Content(content, name)
            : Text(turn, name);

    public static RowQuery Query(JsonElement value, string name) =>
        value.ValueKind switch
        {
            JsonValueKind.String => RowQuery.OfText(Text(value, name)),
            JsonValueKind.Array => new RowQuery(Messages(value, name)),
            _ => throw new JsonException($"'{name}' is {JsonRow.Describe(value)}; it must be a string or a list of messages."),
        };

    /// <summary>A response: a text, a number or truth value as it is written, one message, an object with its text, or a list of one
    /// message.</summary>
    public static string Response(JsonElement value, string name) =>
        value.ValueKind switch
        {
            JsonValueKind.String => Known(value, name),
            JsonValueKind.Number or JsonValueKind.True or JsonValueKind.False => value.GetRawText(),
            JsonValueKind.Object when Array.Find(TextNames, text => IsText(value, text)) is { } text => Known(
                value.GetProperty(text),
                name
            ),
            JsonValueKind.Object => Message(value, name).Text,
            JsonValueKind.Array => Messages(value, name) is [var only]
                ? only.Text
                : throw new JsonException($"'{name}' has {value.GetArrayLength()} messages; beside a query it must be one, or a string."),
            JsonValueKind.Undefined => throw new JsonException($"The row has no '{name}'."),
            _ => throw new JsonException($"'{name}' is {JsonRow.Describe(value)}; it must be a string."),
        };

    public static IReadOnlyList<string> Responses(JsonElement list, string name) =>
        [.. list.EnumerateArray().Select((response, index) => Response(response, $"{name}[{index}]"))];

    public static IReadOnlyList<ChatMessage> Messages(JsonElement list, string name)
    {
        List<ChatMessage> messages = [.. list.EnumerateArray().Select(message => Message(message, name))];
        return messages.Count > 0 ? messages : throw new JsonException($"'{name}' is an empty list of messages.");
    }

    /// <summary>Whether a value looks like a message or a list of them, well formed or not.</summary>
    public static bool LooksLikeMessages(JsonElement value) =>
        value.ValueKind switch
        {
            JsonValueKind.Object => value.TryGetProperty("role", out _) || value.TryGetProperty("from", out _),
            JsonValueKind.Array => value.GetArrayLength() > 0 && value[0].ValueKind == JsonValueKind.Object && LooksLikeMessages(value[0]),
            _ => false,
        };

    /// <summary>A message as <c>role</c> and <c>content</c>, or as <c>from</c> and <c>value</c> (ShareGPT).</summary>
    private static ChatMessage Message(JsonElement message, string name)
    {
        bool isMessage =
            message.ValueKind == JsonValueKind.Object
            & (TryGet(message, "role", "from", out JsonElement role) && role.ValueKind == JsonValueKind.String)
            & TryGet(message, "content", "value", out JsonElement content);
        return isMessage && Text(role, name) is { Length: > 0 } speaker
            ? new ChatMessage(RoleOf(speaker), Content(content, name))
            : throw new JsonException($"'{name}' holds {JsonRow.Describe(message)}; a message is an object with 'role' and 'content'.");
    }

    private static string Known(JsonElement text, string name) =>
        JsonRow.TextOf(text)
        ?? throw new JsonException($"'{name}' is not valid Unicode (half a surrogate pair); correct it where the row comes from.");

    private static bool IsText(JsonElement value, string name) =>
        value.TryGetProperty(name, out JsonElement text) && text.ValueKind == JsonValueKind.String;

    private static bool TryGet(JsonElement message, string name, string otherName, out JsonElement value)
    {
        value = default;
        return message.ValueKind == JsonValueKind.Object
            && (message.TryGetProperty(name, out value) || message.TryGetProperty(otherName, out value));
    }

    private static ChatRole RoleOf(string role) =>
        role switch
        {
            "human" => ChatRole.User,
            "gpt" => ChatRole.Assistant,
            _ => new ChatRole(role),
        };

    private static string Content(JsonElement content, string name)
    {
        if (content.ValueKind == JsonValueKind.String)
        {
            return Known(content, name);
        }

        // Arena-Hard keeps an answer in an object.
        if (content.ValueKind == JsonValueKind.Object && Array.Find(TextNames, text => IsText(content, text)) is { } held)
        {
            return Known(content.GetProperty(held), name);
        }

        if (content.ValueKind != JsonValueKind.Array)
        {
            throw new JsonException(
                $"The content of a message of '{name}' is {JsonRow.Describe(content)}; it must be a string or a list of text parts."
            );
        }

        StringBuilder text = new();
        foreach (JsonElement part in content.EnumerateArray())
        {
            text.Append(
                part.ValueKind == JsonValueKind.Object
                && part.TryGetProperty("text", out JsonElement words)
                && words.ValueKind == JsonValueKind.String
                    ? Known(words, name)
                    : throw new JsonException($"A message of '{name}' has a part that is not text; only text can be judged.")
            );
        }

        return text.ToString();
    }
}
