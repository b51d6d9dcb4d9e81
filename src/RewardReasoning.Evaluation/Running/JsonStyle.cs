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

    public static JsonConverter Words<T>()
        where T : struct, Enum => new JsonStringEnumConverter<T>(JsonNamingPolicy.SnakeCaseLower);
}
