using System.Text.Json;
using Microsoft.Extensions.AI;
using RewardReasoning.Data.Columns;
using RewardReasoning.Data.Recognition;

namespace RewardReasoning.Data.Preferences;

/// <summary>A preference pair as TRL's DPO and reward trainers read it, in any of its shapes.</summary>
/// <param name="Query">What was asked.</param>
/// <param name="Chosen">The better response.</param>
/// <param name="Rejected">The worse one.</param>
/// <param name="Margin">How much better: the share of the votes for it less that against it, 0 to 1.</param>
public sealed record PreferenceRow(RowQuery Query, string Chosen, string Rejected, double Margin)
{
    private static readonly string[] Responses = ["chosen", "rejected"];

    /// <summary>The columns of a shape in Parquet, <c>margin</c> the last.</summary>
    public static RowColumns Columns(PreferenceShape shape) => (shape switch
    {
        PreferenceShape.Messages => RowColumns.None.WithMessages("prompt").WithMessages("chosen").WithMessages("rejected"),
        PreferenceShape.Text => RowColumns.None.WithText("prompt").WithText("chosen").WithText("rejected"),
        PreferenceShape.ImplicitMessages => RowColumns.None.WithMessages("chosen").WithMessages("rejected"),
        _ => RowColumns.None.WithText("chosen").WithText("rejected"),
    }).WithNumber("margin");

    /// <summary>Why a trainer cannot take the pair in this shape, for people; null when it can.</summary>
    public string? FaultFor(PreferenceShape shape)
    {
        bool isConversation = shape is PreferenceShape.Messages or PreferenceShape.ImplicitMessages;
        return Chosen == Rejected ? "The responses are equal."
            : shape == PreferenceShape.Text && (Chosen.Length == 0 || Rejected.Length == 0) ? "A response is empty."
            : Query.Text.Length == 0 ? "The query is empty."
            : isConversation && Query.Messages[^1].Role != ChatRole.User ? $"The query ends with the turn of '{Query.Messages[^1].Role}'; a reply follows the user's."
            : null;
    }

    /// <summary>Writes the pair as one JSON object.</summary>
    public void WriteTo(Utf8JsonWriter json, PreferenceShape shape)
    {
        ArgumentNullException.ThrowIfNull(json);
        json.WriteStartObject();
        switch (shape)
        {
            case PreferenceShape.Messages:
                WriteMessages(json, "prompt", Query.Messages);
                break;
            case PreferenceShape.Text:
                json.WriteString("prompt", Query.Text);
                break;
        }

        foreach ((string name, string response) in Responses.Zip([Chosen, Rejected]))
        {
            switch (shape)
            {
                case PreferenceShape.Messages:
                    WriteMessages(json, name, [new ChatMessage(ChatRole.Assistant, response)]);
                    break;
                case PreferenceShape.ImplicitMessages:
                    WriteMessages(json, name, [.. Query.Messages, new ChatMessage(ChatRole.Assistant, response)]);
                    break;
                default:
                    json.WriteString(name, shape == PreferenceShape.Text ? response : $"{Query.Text}\n\n{response}");
                    break;
            }
        }

        json.WriteNumber("margin", Margin);
        json.WriteEndObject();
    }

    private static void WriteMessages(Utf8JsonWriter json, string name, IReadOnlyList<ChatMessage> messages)
    {
        json.WriteStartArray(name);
        foreach (ChatMessage message in messages)
        {
            json.WriteStartObject();
            json.WriteString("role", message.Role.Value);
            json.WriteString("content", message.Text);
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }
}
