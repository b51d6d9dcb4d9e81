using System.Text.Json;

namespace RewardReasoning.Data.Recognition;

/// <summary>Answers of models as arenas and leaderboards publish them, beside the plain <c>model</c> and <c>answer</c>.</summary>
internal static class ModelAnswers
{
    /// <summary>How such a row is read; null where it is not one.</summary>
    public static Func<JsonElement, RowContent>? Find(JsonElement row) =>
        // AlpacaEval: instruction, output, generator.
        Is(row, "generator", JsonValueKind.String) && Is(row, "output", JsonValueKind.String)
            ? AlpacaEval
        // Arena-Hard and MT-Bench, first form: question_id, model_id, choices of turns; the question is in a file of its own.
        : Is(row, "model_id", JsonValueKind.String) && Is(row, "choices", JsonValueKind.Array) ? Choices
        // Arena-Hard, second form: uid, model, messages that end with the answer.
        : Is(row, "model", JsonValueKind.String) && Is(row, "uid", JsonValueKind.String) && Is(row, "messages", JsonValueKind.Array)
            ? Messages
        : null;

    private static ModelAnswerContent AlpacaEval(JsonElement row) =>
        new(
            FieldReader.Text(row.GetProperty("generator"), "generator"),
            QueryFields.Has(row) ? QueryFields.Read(row) : null,
            FieldReader.Text(row.GetProperty("output"), "output")
        );

    private static ModelAnswerContent Choices(JsonElement row)
    {
        JsonElement choices = row.GetProperty("choices");
        if (choices.GetArrayLength() == 0 || !Is(choices[0], "turns", JsonValueKind.Array))
        {
            throw new JsonException("'choices' must be a list whose first entry has 'turns'.");
        }

        return new ModelAnswerContent(
            FieldReader.Text(row.GetProperty("model_id"), "model_id"),
            QueryFields.Has(row) ? QueryFields.Read(row) : null,
            string.Join("\n\n", choices[0].GetProperty("turns").EnumerateArray().Select(turn => FieldReader.TurnText(turn, "choices")))
        );
    }

    private static ModelAnswerContent Messages(JsonElement row)
    {
        IReadOnlyList<Microsoft.Extensions.AI.ChatMessage> messages = FieldReader.Messages(row.GetProperty("messages"), "messages");
        return messages.Count > 1
            ? new ModelAnswerContent(
                FieldReader.Text(row.GetProperty("model"), "model"),
                new RowQuery([.. messages.SkipLast(1)]),
                messages[^1].Text
            )
            : throw new JsonException("'messages' has one message; an answer follows what was asked.");
    }

    private static bool Is(JsonElement row, string name, JsonValueKind kind) =>
        row.ValueKind == JsonValueKind.Object && row.TryGetProperty(name, out JsonElement value) && value.ValueKind == kind;
}
