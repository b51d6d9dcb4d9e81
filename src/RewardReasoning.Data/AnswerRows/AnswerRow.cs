using System.Text.Json;
using RewardReasoning.Data.Recognition;
using RewardReasoning.Verification;

namespace RewardReasoning.Data.AnswerRows;

/// <summary>
/// A row with a <c>gold</c> and a <c>prediction</c>, and perhaps its own rules: <c>precision</c> (decimal places), <c>strict</c>,
/// <c>allow_set_relation_comp</c>, and <c>match</c>, whose one entry "letter" means a choice letter. Verifiers of other makers name them
/// so.
/// </summary>
/// <param name="Gold">The gold answer.</param>
/// <param name="Prediction">What a model wrote.</param>
/// <param name="Expected">Whether they are known to be equal: the row's <c>equal</c> or <c>correct</c>; null where it has neither.</param>
/// <param name="Options">The rules for this row.</param>
internal sealed record AnswerRow(string Gold, string Prediction, bool? Expected, VerifierOptions Options)
{
    /// <summary>Reads a row.</summary>
    /// <param name="fields">Its fields.</param>
    /// <param name="defaults">The rules where the row has none of its own.</param>
    /// <exception cref="JsonException">A field is missing or of another type; the message says which.</exception>
    public static AnswerRow Read(JsonElement fields, VerifierOptions defaults)
    {
        ArgumentNullException.ThrowIfNull(defaults);
        VerifierOptions options = defaults with
        {
            Decimals = Number(fields, "precision") ?? defaults.Decimals,
            Strict = Flag(fields, "strict") ?? defaults.Strict,
            SetEqualsInequality = Flag(fields, "allow_set_relation_comp") ?? defaults.SetEqualsInequality,
            Choices =
                fields.TryGetProperty("match", out JsonElement match)
                && match.ValueKind == JsonValueKind.Array
                && match.GetArrayLength() == 1
                && match[0].ValueKind == JsonValueKind.String
                && match[0].ValueEquals("letter")
                    ? true
                    : defaults.Choices,
        };
        return new AnswerRow(
            Answer(fields, "gold"),
            Answer(fields, "prediction"),
            Flag(fields, "equal") ?? Flag(fields, "correct"),
            options
        );
    }

    private static string Answer(JsonElement fields, string name) =>
        fields.TryGetProperty(name, out JsonElement value)
            ? FieldReader.TextOrNumber(value, name)
            : throw new JsonException($"The row has no '{name}'.");

    private static bool? Flag(JsonElement fields, string name) =>
        !fields.TryGetProperty(name, out JsonElement value)
            ? null
            : value.ValueKind switch
            {
                JsonValueKind.True => true,
                JsonValueKind.False => false,
                _ => null,
            };

    private static int? Number(JsonElement fields, string name) =>
        !fields.TryGetProperty(name, out JsonElement value) || value.ValueKind == JsonValueKind.Null ? null
        : value.ValueKind == JsonValueKind.Number && value.TryGetInt32(out int number) && number is >= 1 and <= 50 ? number
        : throw new JsonException($"'{name}' is {value.GetRawText()}; it must be a whole number from 1 to 50.");
}
