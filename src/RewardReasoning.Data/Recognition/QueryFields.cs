using System.Text.Json;
using Microsoft.Extensions.AI;

namespace RewardReasoning.Data.Recognition;

/// <summary>Where data sets keep the query of a row, with the system text and the earlier turns that some keep beside it.</summary>
internal static class QueryFields
{
    private static readonly string[] Names =
    [
        "query",
        "prompt",
        "question",
        "instruction",
        "problem",
        "conversations",
        "conversation_input",
        "input",
        "expr",
    ];
    private static readonly string[] SystemNames = ["system", "system_prompt"];

    public static bool Has(JsonElement row) => NameOf(row) is not null || Is(row, "turns", JsonValueKind.Array);

    /// <exception cref="JsonException">There is none, or it is neither a text nor messages.</exception>
    public static RowQuery Read(JsonElement row) => WithContext(row, Plain(row));

    /// <summary>A query behind the row's <c>system</c> text and its <c>history</c>, a list of pairs of turns.</summary>
    public static RowQuery WithContext(JsonElement row, RowQuery query)
    {
        List<ChatMessage> before = [];
        if (
            Array.Find(SystemNames, name => Is(row, name, JsonValueKind.String)) is { } system
            && FieldReader.Text(row.GetProperty(system), system) is { Length: > 0 } text
            && query.Messages[0].Role != ChatRole.System
        )
        {
            before.Add(new ChatMessage(ChatRole.System, text));
        }

        if (Is(row, "history", JsonValueKind.Array))
        {
            before.AddRange(History(row.GetProperty("history")));
        }

        return before.Count == 0 ? query : new RowQuery([.. before, .. query.Messages]);
    }

    private static RowQuery Plain(JsonElement row)
    {
        if (NameOf(row) is not { } name)
        {
            return Is(row, "turns", JsonValueKind.Array) && row.GetProperty("turns").EnumerateArray().ToArray() is [var turn, ..]
                ? RowQuery.OfText(FieldReader.TurnText(turn, "turns"))
                : throw new JsonException("The row has no 'query' (or 'prompt').");
        }

        RowQuery query = FieldReader.Query(row.GetProperty(name), name);
        return
            name == "instruction"
            && Is(row, "input", JsonValueKind.String)
            && FieldReader.Text(row.GetProperty("input"), "input") is { Length: > 0 } input
            ? RowQuery.OfText($"{query.Text}\n\n{input}")
            : query;
    }

    private static IEnumerable<ChatMessage> History(JsonElement history)
    {
        if (FieldReader.LooksLikeMessages(history))
        {
            return FieldReader.Messages(history, "history");
        }

        List<ChatMessage> turns = [];
        foreach (JsonElement pair in history.EnumerateArray())
        {
            if (pair.ValueKind != JsonValueKind.Array || pair.GetArrayLength() != 2)
            {
                throw new JsonException("'history' must be a list of pairs, what the user said and what was answered, or of messages.");
            }

            turns.Add(new ChatMessage(ChatRole.User, FieldReader.Text(pair[0], "history")));
            turns.Add(new ChatMessage(ChatRole.Assistant, FieldReader.Text(pair[1], "history")));
        }

        return turns;
    }

    private static string? NameOf(JsonElement row) =>
        Array.Find(Names, name => row.TryGetProperty(name, out JsonElement value) && value.ValueKind != JsonValueKind.Null);

    private static bool Is(JsonElement row, string name, JsonValueKind kind) =>
        row.TryGetProperty(name, out JsonElement value) && value.ValueKind == kind;
}
