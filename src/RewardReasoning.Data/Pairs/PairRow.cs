using System.Text.Json;

namespace RewardReasoning.Data.Pairs;

/// <summary>One row of a pair file: what can be judged of it, or why it cannot.</summary>
public sealed record PairRow
{
    /// <summary>Line in its file, from 1.</summary>
    public required long Line { get; init; }

    /// <summary>The fields of the row as they were read; null where the line is not a JSON object.</summary>
    public JsonElement? Fields { get; init; }

    /// <summary>What a judge is asked; null exactly when <see cref="Error"/> is not.</summary>
    public Comparison? Comparison { get; init; }

    /// <summary>Which response is known to be better; <see cref="Verdict.Unparsable"/> for a row without a label.</summary>
    public Verdict Label { get; init; }

    /// <summary>What is wrong with the row, for people; null when it can be judged.</summary>
    public string? Error { get; init; }

    /// <summary>The value at a dotted path of fields, as text; null where the row has none.</summary>
    public string? Field(string path)
    {
        ArgumentNullException.ThrowIfNull(path);
        JsonElement? at = Fields;
        foreach (string name in path.Split('.'))
        {
            at = at is { ValueKind: JsonValueKind.Object } parent && parent.TryGetProperty(name, out JsonElement child) ? child : null;
        }

        return at switch
        {
            null or { ValueKind: JsonValueKind.Null } => null,
            { ValueKind: JsonValueKind.String } text => text.GetString(),
            { } other => other.GetRawText(),
        };
    }

    /// <summary>
    /// Writes the row's own fields as they stood in the file, but for <c>judgment</c> and <c>error</c>, which come from earlier runs; a
    /// row that is no object becomes its line number. The caller adds what is new and closes the object.
    /// </summary>
    public void WriteFields(Utf8JsonWriter writer)
    {
        ArgumentNullException.ThrowIfNull(writer);
        writer.WriteStartObject();
        if (Fields is not { } fields)
        {
            writer.WriteNumber("line", Line);
            return;
        }

        foreach (JsonProperty field in fields.EnumerateObject().Where(field => field.Name is not ("judgment" or "error")))
        {
            writer.WritePropertyName(field.Name);
            writer.WriteRawValue(field.Value.GetRawText(), skipInputValidation: true);
        }
    }
}
