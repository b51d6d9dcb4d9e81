using System.Text.Json;
using Microsoft.Extensions.AI;
using RewardReasoning.Data.Columns;

namespace RewardReasoning.Data.Export.Trl;

/// <summary>
/// Preference pairs as TRL's DPOTrainer and RewardTrainer read them (<c>docs/source/dataset_formats</c> of TRL): the preferred form for DPO
/// is explicit messages; <c>margin</c>, a number in every row, is for the reward trainer.
/// </summary>
/// <param name="shape">The shape.</param>
/// <param name="withMargin">Whether rows have a <c>margin</c>.</param>
public sealed class TrlRows(TrlShape shape, bool withMargin)
{
    private const string TurnBreak = "\n\n";

    private bool IsText => shape is TrlShape.ExplicitText or TrlShape.ImplicitText;

    private bool IsExplicit => shape is TrlShape.ExplicitText or TrlShape.ExplicitMessages;

    /// <summary>The columns, for Parquet.</summary>
    public RowColumns Columns()
    {
        string[] names = IsExplicit ? ["prompt", "chosen", "rejected"] : ["chosen", "rejected"];
        RowColumns columns = names.Aggregate(RowColumns.None, (sum, name) => IsText ? sum.WithText(name) : sum.WithMessages(name));
        return withMargin ? columns.WithNumber("margin") : columns;
    }

    /// <summary>Why a pair cannot be written in this shape; null where it can.</summary>
    public string? FaultOf(ExportPair pair)
    {
        ArgumentNullException.ThrowIfNull(pair);
        return withMargin && pair.Margin is null ? "The row has no margin and no votes that give one."
            : pair.Query.Messages is not [.., { } last] || last.Role != ChatRole.User ? "The query does not end with a turn of the user."
            : null;
    }

    /// <summary>Writes a pair as one JSON object.</summary>
    public void Write(Utf8JsonWriter writer, ExportPair pair)
    {
        ArgumentNullException.ThrowIfNull(writer);
        ArgumentNullException.ThrowIfNull(pair);
        writer.WriteStartObject();
        if (IsExplicit)
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

    private IEnumerable<ChatMessage> Replied(ExportPair pair, string reply) =>
        [.. IsExplicit ? [] : pair.Query.Messages, new(ChatRole.Assistant, reply)];

    private void WriteTurns(Utf8JsonWriter writer, string name, IEnumerable<ChatMessage> turns)
    {
        if (IsText)
        {
            writer.WriteString(name, TextOf([.. turns]));
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

    /// <summary>One turn is its bare text; a query and its reply are parted by a blank line, more turns get labels.</summary>
    private static string TextOf(ChatMessage[] turns) => turns switch
    {
        [{ } only] => only.Text,
        [{ } query, { } reply] when query.Role == ChatRole.User && reply.Role == ChatRole.Assistant => $"{query.Text}{TurnBreak}{reply.Text}",
        _ => Conversation.Render(turns),
    };
}
