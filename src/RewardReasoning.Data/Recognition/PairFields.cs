using System.Text.Json;
using RewardReasoning.Data.Rows;

namespace RewardReasoning.Data.Recognition;

/// <summary>Names under which data sets keep two responses, and how each of them labels the better one.</summary>
internal sealed record PairFields(string First, string Second, Func<JsonElement, Verdict> Label)
{
    /// <summary>Tried in this order; a row has those of one line.</summary>
    public static readonly PairFields[] Known =
    [
        new("response_1", "response_2", ByNumber),
        new("response1", "response2", ByNumberOrAnnotators),
        new("response 1", "response 2", ByAutoJ),
        new("response_A", "response_B", ByNumber),
        new("response_a", "response_b", ByNumber),
        new("output_1", "output_2", ByNumber),
        new("answer_1", "answer_2", ByNumber),
        new("answer_a", "answer_b", ByNumber),
    ];

    public static bool Has(JsonElement row, PairFields fields) =>
        row.TryGetProperty(fields.First, out _) || row.TryGetProperty(fields.Second, out _);

    /// <summary>
    /// <c>label</c> or <c>winner</c> names the better response or a tie; neither, or null, is no label. LMSYS has a column for each
    /// outcome.
    /// </summary>
    private static Verdict ByNumber(JsonElement row)
    {
        foreach (string name in (string[])["label", "winner"])
        {
            if (row.TryGetProperty(name, out JsonElement label) && label.ValueKind != JsonValueKind.Null)
            {
                return Named(label, name);
            }
        }

        return row.TryGetProperty("winner_model_a", out _) ? ByColumns(row) : Verdict.Unparsable;
    }

    private static Verdict Named(JsonElement label, string name) =>
        FieldReader.TextOrNumber(label, name).Trim().ToLowerInvariant() switch
        {
            "1" or "a" or "a>b" or "[[a]]" or "model_a" or "response_a" or "response_1" or "first" => Verdict.First,
            "2" or "b" or "b>a" or "[[b]]" or "model_b" or "response_b" or "response_2" or "second" => Verdict.Second,
            "" or "tie" or "a=b" or "c" or "[[c]]" or "both_bad" or "bothbad" or "tie (bothbad)" or "tie (inconsistent)" =>
                Verdict.Unparsable,
            _ => throw new JsonException(
                $"'{name}' is {label.GetRawText()}; it must be 1 or 2, the number of the better response, or A, B, model_a, model_b or "
                    + "tie, or null."
            ),
        };

    private static Verdict ByColumns(JsonElement row) =>
        IsSet(row, "winner_model_a") ? Verdict.First
        : IsSet(row, "winner_model_b") ? Verdict.Second
        : Verdict.Unparsable;

    private static bool IsSet(JsonElement row, string name) =>
        row.TryGetProperty(name, out JsonElement value)
        && value.ValueKind != JsonValueKind.Null
        && FieldReader.TextOrNumber(value, name).ToLowerInvariant() is "1" or "1.0" or "true";

    /// <summary>PandaLM: three people, each 1, 2 or 0 for a tie; what two of them say.</summary>
    private static Verdict ByNumberOrAnnotators(JsonElement row)
    {
        if (!row.TryGetProperty("annotator1", out _))
        {
            return ByNumber(row);
        }

        int[] votes =
        [
            .. Enumerable.Range(1, 3).Select(i => row.TryGetProperty($"annotator{i}", out JsonElement vote) ? NumberOf(vote) : 0),
        ];
        return votes.Count(vote => vote == 1) >= 2 ? Verdict.First
            : votes.Count(vote => vote == 2) >= 2 ? Verdict.Second
            : Verdict.Unparsable;
    }

    private static int NumberOf(JsonElement vote) =>
        vote.ValueKind == JsonValueKind.Number && vote.TryGetInt32(out int number) ? number
        : vote.ValueKind == JsonValueKind.String
        && int.TryParse(vote.GetString(), System.Globalization.CultureInfo.InvariantCulture, out int written)
            ? written
        : 0;

    /// <summary>Auto-J: 0 and 1 count the responses, 2 is a tie.</summary>
    private static Verdict ByAutoJ(JsonElement row) =>
        !row.TryGetProperty("label", out JsonElement label)
            ? Verdict.Unparsable
            : FieldReader.LabelText(label) switch
            {
                "0" => Verdict.First,
                "1" => Verdict.Second,
                "2" or "null" => Verdict.Unparsable,
                _ => throw new JsonException(
                    $"'label' is {JsonRow.Describe(label)}; beside 'response 1' it is 0 or 1 for the better response, or 2 for a tie."
                ),
            };
}
