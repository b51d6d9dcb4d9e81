using System.Text;
using System.Text.Json;
using System.Text.Unicode;
using Microsoft.Extensions.AI;

namespace RewardReasoning.Data.Pairs;

/// <summary>
/// Reads one line of a pair file: <c>query</c> (or <c>prompt</c>), a string or a list of messages, with <c>response_1</c> and
/// <c>response_2</c> (and perhaps <c>label</c>, 1 or 2) or with <c>chosen</c> and <c>rejected</c>. Without a query, <c>chosen</c> and
/// <c>rejected</c> are whole conversations that differ in their last message.
/// </summary>
public static class PairRowParser
{
    /// <summary>The row, with <see cref="PairRow.Error"/> set where it cannot be judged; throws for no content whatever.</summary>
    public static PairRow Parse(ReadOnlyMemory<byte> json, long line)
    {
        JsonElement? fields = null;
        try
        {
            if (!Utf8.IsValid(json.Span))
            {
                throw new JsonException("The line is not UTF-8 text.");
            }

            using JsonDocument document = JsonDocument.Parse(json);
            JsonElement root = document.RootElement.Clone();
            if (root.ValueKind != JsonValueKind.Object)
            {
                throw new JsonException($"The line holds {Describe(root)}; a pair file has one JSON object a line.");
            }

            // Names that no text can hold (half a surrogate pair) are found here, before anything is made of the row.
            _ = root.EnumerateObject().Sum(field => field.Name.Length);
            fields = root;
            return Read(root) with { Line = line };
        }
        catch (JsonException exception)
        {
            return new PairRow { Line = line, Fields = fields, Error = WithoutPosition(exception) };
        }
        catch (InvalidOperationException)
        {
            return new PairRow { Line = line, Fields = fields, Error = "A string of the row is not valid Unicode (half a surrogate pair)." };
        }
    }

    private static PairRow Read(JsonElement row)
    {
        bool numbered = row.TryGetProperty("response_1", out JsonElement first) | row.TryGetProperty("response_2", out JsonElement second);
        bool labelled = row.TryGetProperty("chosen", out JsonElement chosen) | row.TryGetProperty("rejected", out JsonElement rejected);
        bool asked = row.TryGetProperty("query", out JsonElement query) || row.TryGetProperty("prompt", out query);
        Comparison comparison = (numbered, labelled, asked) switch
        {
            (true, _, true) => new(Query(query), Response(first, "response_1"), Response(second, "response_2")),
            (false, true, true) => new(Query(query), Response(chosen, "chosen"), Response(rejected, "rejected")),
            (false, true, false) => FromConversations(chosen, rejected),
            (true, _, false) => throw new JsonException("The row has no 'query' (or 'prompt')."),
            (false, false, _) => throw new JsonException("The row has neither 'response_1' and 'response_2' nor 'chosen' and 'rejected'."),
        };
        return new PairRow { Line = 0, Fields = row, Comparison = comparison, Label = numbered ? Label(row) : Verdict.First };
    }

    private static Verdict Label(JsonElement row)
    {
        if (!row.TryGetProperty("label", out JsonElement label) || label.ValueKind is JsonValueKind.Null)
        {
            return Verdict.Unparsable;
        }

        return label.ValueKind is JsonValueKind.Number or JsonValueKind.String
            ? label.ToString() switch
            {
                "1" => Verdict.First,
                "2" => Verdict.Second,
                _ => throw new JsonException($"'label' is {Describe(label)}; it must be 1 or 2, the number of the better response, or null."),
            }
            : throw new JsonException($"'label' is {Describe(label)}; it must be 1 or 2, the number of the better response, or null.");
    }

    private static string Query(JsonElement query) => query.ValueKind switch
    {
        JsonValueKind.String => Text(query),
        JsonValueKind.Array => Conversation.Render(Messages(query, "query")),
        _ => throw new JsonException($"'query' is {Describe(query)}; it must be a string or a list of messages."),
    };

    private static string Response(JsonElement response, string name) => response.ValueKind switch
    {
        JsonValueKind.String => Text(response),
        JsonValueKind.Undefined => throw new JsonException($"The row has no '{name}'."),
        JsonValueKind.Array => Messages(response, name) is [var only]
            ? only.Text
            : throw new JsonException($"'{name}' has {response.GetArrayLength()} messages; beside a query it must be one, or a string."),
        _ => throw new JsonException($"'{name}' is {Describe(response)}; it must be a string."),
    };

    private static Comparison FromConversations(JsonElement chosen, JsonElement rejected)
    {
        if (chosen.ValueKind != JsonValueKind.Array || rejected.ValueKind != JsonValueKind.Array)
        {
            throw new JsonException("The row has no 'query' (or 'prompt'), and 'chosen' and 'rejected' are not both lists of messages that begin with it.");
        }

        List<ChatMessage> better = Messages(chosen, "chosen");
        List<ChatMessage> worse = Messages(rejected, "rejected");
        bool shared = better.Count == worse.Count && better.Count > 1
            && better.SkipLast(1).Zip(worse.SkipLast(1)).All(pair => pair.First.Role == pair.Second.Role && pair.First.Text == pair.Second.Text);
        return shared
            ? Comparison.FromConversation(better.SkipLast(1), better[^1].Text, worse[^1].Text)
            : throw new JsonException("The row has no 'query' (or 'prompt'), and 'chosen' and 'rejected' do not share all messages but the last.");
    }

    private static List<ChatMessage> Messages(JsonElement list, string name)
    {
        List<ChatMessage> messages = [.. list.EnumerateArray().Select(message => Message(message, name))];
        return messages.Count > 0 ? messages : throw new JsonException($"'{name}' is an empty list of messages.");
    }

    private static ChatMessage Message(JsonElement message, string name)
    {
        if (message.ValueKind != JsonValueKind.Object
            || !message.TryGetProperty("role", out JsonElement role) || role.ValueKind != JsonValueKind.String || Text(role).Length == 0
            || !message.TryGetProperty("content", out JsonElement content))
        {
            throw new JsonException($"'{name}' holds {Describe(message)}; a message is an object with 'role' and 'content'.");
        }

        return new ChatMessage(new ChatRole(Text(role)), Content(content, name));
    }

    private static string Content(JsonElement content, string name)
    {
        if (content.ValueKind == JsonValueKind.String)
        {
            return Text(content);
        }

        if (content.ValueKind != JsonValueKind.Array)
        {
            throw new JsonException($"The content of a message of '{name}' is {Describe(content)}; it must be a string or a list of text parts.");
        }

        StringBuilder text = new();
        foreach (JsonElement part in content.EnumerateArray())
        {
            text.Append(part.ValueKind == JsonValueKind.Object && part.TryGetProperty("text", out JsonElement words) && words.ValueKind == JsonValueKind.String
                ? Text(words)
                : throw new JsonException($"A message of '{name}' has a part that is no text; only text can be judged."));
        }

        return text.ToString();
    }

    private static string Text(JsonElement text) => text.GetString() ?? "";

    private static string Describe(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.Undefined => "nothing",
        JsonValueKind.Object => "an object",
        JsonValueKind.Array => "a list",
        JsonValueKind.String => "a string",
        _ => value.GetRawText(),
    };

    private static string WithoutPosition(JsonException exception)
    {
        // The reader counts lines within the row; the row's own line is told beside this text.
        int position = exception.Message.IndexOf(" LineNumber:", StringComparison.Ordinal);
        return position < 0 ? exception.Message : $"Not JSON: {exception.Message[..position]} (byte {exception.BytePositionInLine})";
    }
}
