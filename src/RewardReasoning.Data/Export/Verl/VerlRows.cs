using System.Text.Json;
using Microsoft.Extensions.AI;
using RewardReasoning.Data.Rows;
using RewardReasoning.Judging;

namespace RewardReasoning.Data.Export.Verl;

/// <summary>
/// Rows as verl's RLHFDataset reads them (<c>docs/preparation/prepare_data.rst</c> of verl). Of <c>extra_info</c> only <c>index</c> and
/// <c>split</c> are verl's; the rest reaches the reward function as it is. Fields that verl would read but that are not used are left out:
/// it takes a null for a value.
/// </summary>
internal sealed class VerlRows(JudgePrompt prompt)
{
    public static RowColumns Columns { get; } =
        RowColumns
            .None.WithText("data_source")
            .WithMessages("prompt")
            .WithText("ability")
            .WithGroup("reward_model", RowColumns.None.WithText("style").WithText("ground_truth"))
            .WithGroup(
                "extra_info",
                RowColumns
                    .None.WithInteger("index")
                    .WithText("split")
                    .WithText("pair_id")
                    .WithText("query")
                    .WithText("response_1")
                    .WithText("response_2")
                    .WithShortInteger("preferred")
                    .WithTruth("swapped")
                    .WithNumber("margin")
            );

    public void Write(Utf8JsonWriter writer, VerlPair pair, ShownOrder order, string split, long index)
    {
        bool swapped = order == ShownOrder.Swapped;
        Comparison shown = swapped ? pair.Comparison.Mirrored() : pair.Comparison;
        int preferred = pair.Labelled.Better == Verdict.First != swapped ? 1 : 2;
        writer.WriteStartObject();
        writer.WriteString("data_source", $"pairs/{pair.Labelled.Source}");
        writer.WriteStartArray("prompt");
        foreach (ChatMessage message in prompt.Render(shown))
        {
            writer.WriteStartObject();
            writer.WriteString("role", message.Role.Value);
            writer.WriteString("content", message.Text);
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
        writer.WriteString("ability", "judge");
        writer.WriteStartObject("reward_model");
        writer.WriteString("style", "rule");
        writer.WriteString("ground_truth", $"Assistant {preferred}");
        writer.WriteEndObject();
        writer.WriteStartObject("extra_info");
        writer.WriteNumber("index", index);
        writer.WriteString("split", split);
        writer.WriteString("pair_id", pair.Labelled.Id);
        writer.WriteString("query", shown.Query);
        writer.WriteString("response_1", shown.Response1);
        writer.WriteString("response_2", shown.Response2);
        writer.WriteNumber("preferred", preferred);
        writer.WriteBoolean("swapped", swapped);
        if (pair.Labelled.Margin is { } margin)
        {
            writer.WriteNumber("margin", margin);
        }

        writer.WriteEndObject();
        writer.WriteEndObject();
    }
}
