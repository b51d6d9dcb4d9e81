using System.Text.Json;
using System.Text.Unicode;

namespace RewardReasoning.Data.Rows;

/// <summary>JSON values as rows, or the reasons why they are not rows.</summary>
internal static class JsonRow
{
    /// <summary>A row from the bytes of one JSON object, which are copied.</summary>
    public static DataRow Parse(ReadOnlyMemory<byte> json, DataRow place)
    {
        try
        {
            if (!Utf8.IsValid(json.Span))
            {
                return place with { Error = "The line is not UTF-8 text; convert it first." };
            }

            return Of(JsonElement.Parse(json.Span), place);
        }
        catch (JsonException exception)
        {
            return place with { Error = NotJson(exception) };
        }
    }

    private static DataRow Of(JsonElement element, DataRow place)
    {
        if (element.ValueKind != JsonValueKind.Object)
        {
            return place with { Error = $"A row is one JSON object; here is {Describe(element)}." };
        }

        try
        {
            // Names that no text can hold (half a surrogate pair) are found here, before anything is made of the row.
            _ = element.EnumerateObject().Sum(field => field.Name.Length);
            return place with { Fields = element };
        }
        catch (InvalidOperationException)
        {
            return place with { Error = "A field's name is not valid Unicode (half a surrogate pair)." };
        }
    }

    /// <summary>The text of a JSON string; null where no text can hold it (half a surrogate pair).</summary>
    public static string? TextOf(JsonElement text)
    {
        try
        {
            return text.GetString() ?? "";
        }
        catch (InvalidOperationException)
        {
            return null;
        }
    }

    /// <summary>The text of a JSON string, with the escapes of JSON where no text can hold it (half a surrogate pair).</summary>
    public static string TextOrEscapes(JsonElement text) => TextOf(text) ?? text.GetRawText()[1..^1];

    public static string Describe(JsonElement value) =>
        value.ValueKind switch
        {
            JsonValueKind.Undefined => "nothing",
            JsonValueKind.Object => "an object",
            JsonValueKind.Array => "a list",
            JsonValueKind.String => "a string",
            _ => value.GetRawText(),
        };

    /// <summary>What the parser said, without the position within the row: the row's own place is reported beside it.</summary>
    public static string NotJson(JsonException exception)
    {
        int position = exception.Message.IndexOf(" LineNumber:", StringComparison.Ordinal);
        return position < 0
            ? $"Not JSON: {exception.Message}"
            : $"Not JSON: {exception.Message[..position]} (byte {exception.BytePositionInLine})";
    }
}
