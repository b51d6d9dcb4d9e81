using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace RewardReasoning.Endpoints;

/// <summary>A count as a number with or without a fraction, or in quotes; anything else is not reported.</summary>
internal sealed class LenientCount : JsonConverter<long?>
{
    public override long? Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        double? value = WireNumbers.Read(ref reader);
        return value is >= 0 and < long.MaxValue ? (long)Math.Round(value.Value) : null;
    }

    public override void Write(Utf8JsonWriter writer, long? value, JsonSerializerOptions options) =>
        writer.WriteRawValue(value?.ToString(CultureInfo.InvariantCulture) ?? "null");
}

/// <summary>A log-prob; null and what is not a number stand for a token that cannot come (JSON has no infinity).</summary>
internal sealed class LenientLogProb : JsonConverter<float>
{
    public override bool HandleNull => true;

    public override float Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        WireNumbers.Read(ref reader) is { } value && double.IsFinite(value) ? (float)value : float.NegativeInfinity;

    public override void Write(Utf8JsonWriter writer, float value, JsonSerializerOptions options) => writer.WriteNumberValue(value);
}

internal static class WireNumbers
{
    /// <summary>The number that the reader is at, in quotes or not; null for anything else, which is skipped.</summary>
    public static double? Read(ref Utf8JsonReader reader)
    {
        switch (reader.TokenType)
        {
            case JsonTokenType.Number:
                return reader.TryGetDouble(out double number) ? number : null;
            case JsonTokenType.String:
                return double.TryParse(reader.GetString(), NumberStyles.Float, CultureInfo.InvariantCulture, out double quoted)
                    ? quoted
                    : null;
            default:
                reader.Skip();
                return null;
        }
    }

    /// <summary>
    /// The same JSON with null for NaN, Infinity and -Infinity outside of strings, which Python writes and JSON does not have; null where
    /// there are none.
    /// </summary>
    public static byte[]? WithoutInfinities(ReadOnlySpan<byte> json)
    {
        if (json.IndexOf("Infinity"u8) < 0 && json.IndexOf("NaN"u8) < 0)
        {
            return null;
        }

        List<byte> kept = new(json.Length);
        bool inString = false,
            replaced = false;
        for (int at = 0; at < json.Length; at++)
        {
            byte letter = json[at];
            if (inString && letter == '\\' && at + 1 < json.Length)
            {
                kept.Add(letter);
                kept.Add(json[++at]);
                continue;
            }

            inString ^= letter == '"';
            int length = inString ? 0 : LengthOfInfinity(json[at..]);
            if (length > 0)
            {
                kept.AddRange("null"u8);
                at += length - 1;
                replaced = true;
            }
            else
            {
                kept.Add(letter);
            }
        }

        return replaced ? [.. kept] : null;
    }

    private static int LengthOfInfinity(ReadOnlySpan<byte> json) =>
        json.StartsWith("-Infinity"u8) ? 9
        : json.StartsWith("Infinity"u8) ? 8
        : json.StartsWith("NaN"u8) ? 3
        : 0;
}
