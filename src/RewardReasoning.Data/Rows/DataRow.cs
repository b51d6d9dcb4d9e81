using System.Text.Json;

namespace RewardReasoning.Data.Rows;

/// <summary>One row of a file: its fields, or why they could not be read.</summary>
public sealed record DataRow
{
    /// <summary>The file's name, for people.</summary>
    public required string File { get; init; }

    /// <summary>Line in a file of JSON lines, else row; both from 1.</summary>
    public required long Number { get; init; }

    /// <summary>Whether <see cref="Number"/> counts lines, blank ones included, or rows.</summary>
    public bool IsLine { get; init; } = true;

    /// <summary>The fields as they were read, a JSON object; null exactly when <see cref="Error"/> is not.</summary>
    public JsonElement? Fields { get; init; }

    /// <summary>Why nothing could be read here, for people.</summary>
    public string? Error { get; init; }

    /// <summary>Where recognition finds the fields that it looks for; null where they have the names that it knows.</summary>
    internal FieldMap? Map { get; init; }

    /// <summary>The place of the row, for people: <c>pairs.jsonl:7</c>, or <c>pairs.parquet, row 7</c>.</summary>
    public string Place => IsLine ? $"{File}:{Number}" : $"{File}, row {Number}";

    /// <summary>
    /// The value at a dotted path of fields, as text; null where the row has none. Half a surrogate pair, which no text can hold, stays the
    /// escape that it is in JSON.
    /// </summary>
    public string? Field(string path) =>
        Value(path) switch
        {
            null or { ValueKind: JsonValueKind.Null } => null,
            { ValueKind: JsonValueKind.String } text => JsonRow.TextOrEscapes(text),
            { } other => other.GetRawText(),
        };

    /// <summary>The value at a dotted path of fields; null where the row has none.</summary>
    internal JsonElement? Value(string path)
    {
        ArgumentNullException.ThrowIfNull(path);
        JsonElement? at = Fields;
        foreach (string name in path.Split('.'))
        {
            at = at is { ValueKind: JsonValueKind.Object } parent && parent.TryGetProperty(name, out JsonElement child) ? child : null;
        }

        return at;
    }

    /// <summary>
    /// Writes the row's own fields as they stood in the file, but for those that <paramref name="except"/> names; a row that could not be
    /// read becomes its number (<c>line</c> or <c>row</c>), which may be excepted too. The caller adds what is new and closes the object.
    /// </summary>
    internal void WriteFields(Utf8JsonWriter writer, Predicate<string> except)
    {
        ArgumentNullException.ThrowIfNull(writer);
        ArgumentNullException.ThrowIfNull(except);
        writer.WriteStartObject();
        if (Fields is not { } fields)
        {
            string name = IsLine ? "line" : "row";
            if (!except(name))
            {
                writer.WriteNumber(name, Number);
            }

            return;
        }

        foreach (JsonProperty field in fields.EnumerateObject().Where(field => !except(field.Name)))
        {
            writer.WritePropertyName(field.Name);
            writer.WriteRawValue(System.Runtime.InteropServices.JsonMarshal.GetRawUtf8Value(field.Value), skipInputValidation: true);
        }
    }
}
