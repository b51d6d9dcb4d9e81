using System.Text.Json;
using Microsoft.Extensions.AI;
using RewardReasoning.Data.Rows;

namespace RewardReasoning.Data.Export.Trl;

/// <summary>
/// Preference pairs as TRL's DPOTrainer and RewardTrainer read them (<c>docs/source/dataset_formats</c> of TRL): the preferred form for DPO
/// is messages with the prompt apart; <c>margin</c>, a number in every row, is for the reward trainer.
/// </summary>
/// <param name="shape">The shape.</param>
/// <param name="withMargin">Whether rows have a <c>margin</c>.</param>
internal sealed class TrlRows(TrlShape shape, bool withMargin)
{
    private bool IsText => shape is TrlShape.Text or TrlShape.ImplicitText;

    private bool HasPrompt => shape is TrlShape.Messages or TrlShape.Text;

    /// <summary>The columns, for Parquet.</summary>
    internal RowColumns Columns()
    {
        string[] names = HasPrompt ? ["prompt", "chosen", "rejected"] : ["chosen", "rejected"];
        RowColumns columns = names.Aggregate(RowColumns.None, (sum, name) => IsText ? sum.WithText(name) : sum.WithMessages(name));
        return withMargin ? columns.WithNumber("margin") : columns;
    }

    /// <summary>Why a trainer cannot take a pair in this shape, for people; null where it can.</summary>
    internal string? FaultOf(TrlPair pair)
    {
        ArgumentNullException.ThrowIfNull(pair);
        return pair.Chosen == pair.Rejected ? "The two responses are the same text."
            : IsText && (pair.Chosen.Length == 0 || pair.Rejected.Length == 0) ? "A response is empty."
            : pair.Query.Text.Length == 0 ? "The query is empty."
            : !IsText && pair.Query.Messages[^1].Role != ChatRole.User
                ? $"The query ends with the turn of '{pair.Query.Messages[^1].Role}'; a reply follows the user's."
            : withMargin && pair.Margin is null ? "The row has no margin and no votes that give one."
            : null;
    }

    /// <summary>Writes a pair as one JSON object.</summary>
    internal void Write(Utf8JsonWriter writer, TrlPair pair)
    {
        ArgumentNullException.ThrowIfNull(writer);
        ArgumentNullException.ThrowIfNull(pair);
        writer.WriteStartObject();
        if (HasPrompt)
        {
            WriteTurns(writer, "prompt", pair.Query.Messages);
        }

        WriteTurns(writer, "chosen", Replied(pair, pair.Chosen));
        WriteTurns(writer, "rejected", Replied(pair, pair.Rejected));
        if (withMargin && pair.Margin is { } margin)
        {
            writer.WriteNumber("margin", margin);
        }

        writer.WriteEndObject();
    }

    private ChatMessage[] Replied(TrlPair pair, string reply) => [.. HasPrompt ? [] : pair.Query.Messages, new(ChatRole.Assistant, reply)];

    private void WriteTurns(Utf8JsonWriter writer, string name, IReadOnlyList<ChatMessage> turns)
    {
        if (IsText)
        {
            writer.WriteString(name, TextOf(turns));
            return;
        }

        writer.WriteStartArray(name);
        foreach (ChatMessage turn in turns)
        {
            writer.WriteStartObject();
            writer.WriteString("role", turn.Role.Value);
            writer.WriteString("content", turn.Text);
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
    }

    /// <summary>
    /// One turn is its bare text; a query and its reply are parted by a blank line. Of more turns each gets its label, the reply too: one
    /// without would read on from the user's last turn.
    /// </summary>
    private static string TextOf(IReadOnlyList<ChatMessage> turns) =>
        turns switch
        {
            [{ } only] => only.Text,
            [{ } query, { } reply] when query.Role == ChatRole.User && reply.Role == ChatRole.Assistant => $"{query.Text}\n\n{reply.Text}",
            _ => Conversation.Render(turns),
        };
}
