using System.Buffers;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace RewardReasoning.Evaluation.Running;

/// <summary>How runs are written: names in snake case, and what is null left out of lines.</summary>
internal static class JsonStyle
{
    /// <param name="indented">For people; else one line a value.</param>
    /// <param name="enums">Converters of the enums that are written as words.</param>
    public static JsonSerializerOptions Of(bool indented, params JsonConverter[] enums)
    {
        JsonSerializerOptions options = new()
        {
            PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
            Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
            WriteIndented = indented,
            DefaultIgnoreCondition = indented ? JsonIgnoreCondition.Never : JsonIgnoreCondition.WhenWritingNull,
            Converters = { Words<ShownOrder>(), Words<Verdict>() },
        };
        foreach (JsonConverter converter in enums)
        {
            options.Converters.Add(converter);
        }

        return options;
    }

    /// <summary>What is written, on one line.</summary>
    public static string Text(Action<Utf8JsonWriter> write)
    {
        ArrayBufferWriter<byte> bytes = new();
        using (Utf8JsonWriter json = new(bytes, new JsonWriterOptions { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping }))
        {
            write(json);
        }

        return Encoding.UTF8.GetString(bytes.WrittenSpan);
    }

    public static JsonConverter Words<T>()
        where T : struct, Enum => new JsonStringEnumConverter<T>(JsonNamingPolicy.SnakeCaseLower);
}
