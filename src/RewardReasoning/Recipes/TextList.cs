using System.Collections;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace RewardReasoning.Recipes;

/// <summary>Texts, none of them empty: in JSON a list, or a text alone if there is one.</summary>
/// <param name="texts">In the order of the recipe.</param>
[JsonConverter(typeof(TextListConverter))]
internal sealed class TextList(IReadOnlyList<string> texts) : IReadOnlyList<string>
{
    /// <summary>No text.</summary>
    public static TextList Empty { get; } = new([]);

    /// <inheritdoc/>
    public int Count => texts.Count;

    /// <inheritdoc/>
    public string this[int index] => texts[index];

    /// <inheritdoc/>
    public IEnumerator<string> GetEnumerator() => texts.GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();
}

/// <summary>Reads and writes a <see cref="TextList"/>.</summary>
internal sealed class TextListConverter : JsonConverter<TextList>
{
    private const string Demand = "It must be a text or a list of texts, none of them empty.";

    public override TextList Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        string?[] texts = reader.TokenType switch
        {
            JsonTokenType.String => [reader.GetString()],
            JsonTokenType.StartArray => JsonSerializer.Deserialize<string?[]>(ref reader, options) ?? [],
            _ => throw new JsonException(Demand),
        };
        return texts.Length > 0 && !texts.Any(string.IsNullOrEmpty)
            ? new TextList([.. texts.OfType<string>()])
            : throw new JsonException(Demand);
    }

    public override void Write(Utf8JsonWriter writer, TextList value, JsonSerializerOptions options)
    {
        if (value is [var only])
        {
            writer.WriteStringValue(only);
        }
        else
        {
            JsonSerializer.Serialize(writer, value.ToArray(), options);
        }
    }
}
