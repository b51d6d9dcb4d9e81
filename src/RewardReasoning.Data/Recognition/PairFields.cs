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
        new("response_A", "response_B", ByLetter),
        new("response_a", "response_b", ByLetter),
        new("output_1", "output_2", ByNumber),
        new("answer_1", "answer_2", ByNumber),
        new("answer_a", "answer_b", ByLetter),
    ];

    public static bool Has(JsonElement row, PairFields fields) =>
        row.TryGetProperty(fields.First, out _) || row.TryGetProperty(fields.Second, out _);

    /// <summary><c>label</c> 1 or 2, or <c>winner</c> <c>model_a</c>, <c>model_b</c> or a tie; neither is no label.</summary>
    private static Verdict ByNumber(JsonElement row)
    {
        if (row.TryGetProperty("label", out JsonElement label) && label.ValueKind != JsonValueKind.Null)
        {
            return (label.ValueKind == JsonValueKind.String ? label.GetString() : label.GetRawText()) switch
            {
                "1" => Verdict.First,
                "2" => Verdict.Second,
                _ => throw new JsonException(
                    $"'label' is {JsonRow.Describe(label)}; it must be 1 or 2, the number of the better response, or null."
                ),
            };
        }

        return row.TryGetProperty("winner", out JsonElement winner) && winner.ValueKind == JsonValueKind.String
            ? ByModel(winner.GetString())
            : Verdict.Unparsable;
    }

    private static Verdict ByModel(string? winner) =>
        winner switch
        {
            "model_a" => Verdict.First,
            "model_b" => Verdict.Second,
            _ => Verdict.Unparsable,
        };

    /// <summary>PandaLM: three people, each 1, 2 or 0 for a tie; what two of them say.</summary>
    private static Verdict ByNumberOrAnnotators(JsonElement row)
    {
        if (!row.TryGetProperty("annotator1", out _))
        {
            return ByNumber(row);
        }

        int[] votes =
        [
            .. Enumerable
                .Range(1, 3)
                .Select(i => row.TryGetProperty($"annotator{i}", out JsonElement vote) && vote.TryGetInt32(out int number) ? number : 0),
        ];
        return votes.Count(vote => vote == 1) >= 2 ? Verdict.First
            : votes.Count(vote => vote == 2) >= 2 ? Verdict.Second
            : Verdict.Unparsable;
    }

    /// <summary>Auto-J: 0 and 1 count the responses, 2 is a tie.</summary>
    private static Verdict ByAutoJ(JsonElement row) =>
        !row.TryGetProperty("label", out JsonElement label)
            ? Verdict.Unparsable
            : label.GetRawText() switch
            {
                "0" => Verdict.First,
                "1" => Verdict.Second,
                "2" or "null" => Verdict.Unparsable,
                _ => throw new JsonException(
                    $"'label' is {JsonRow.Describe(label)}; beside 'response 1' it is 0 or 1 for the better response, or 2 for a tie."
                ),
            };

    /// <summary><c>A&gt;B</c>, <c>B&gt;A</c> or <c>A=B</c>, as JudgeBench; else as by number.</summary>
    private static Verdict ByLetter(JsonElement row) =>
        row.TryGetProperty("label", out JsonElement label) && label.ValueKind == JsonValueKind.String
            ? label.GetString() switch
            {
                "A>B" or "A" => Verdict.First,
                "B>A" or "B" => Verdict.Second,
                "A=B" or "tie" => Verdict.Unparsable,
                _ => ByNumber(row),
            }
            : ByNumber(row);
}
