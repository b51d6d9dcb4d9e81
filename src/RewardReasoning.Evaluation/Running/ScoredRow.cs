using System.Text.Json;
using RewardReasoning.Data.Rows;

namespace RewardReasoning.Evaluation.Running;

/// <summary>What <c>rrm score</c> added to a row, read back.</summary>
internal static class ScoredRow
{
    /// <summary>The judgment of a row, a JSON object; null if there is none. Parquet has it as text.</summary>
    public static JsonElement? JudgmentOf(DataRow row) =>
        Added(row, "judgment") is { ValueKind: JsonValueKind.Object } judgment ? judgment : null;

    /// <summary>The ranking of a row of candidates, a JSON list; null if there is none. Parquet has it as text.</summary>
    public static JsonElement? RankingOf(DataRow row) =>
        Added(row, "ranking") is { ValueKind: JsonValueKind.Array } ranking ? ranking : null;

    private static JsonElement? Added(DataRow row, string name)
    {
        if (row.Fields is not { } fields || !fields.TryGetProperty(name, out JsonElement value))
        {
            return null;
        }

        try
        {
            return value.ValueKind == JsonValueKind.String ? JsonElement.Parse(value.GetString() ?? "") : value;
        }
        catch (JsonException)
        {
            return null; // a field of the user's own with the same name
        }
    }
}
