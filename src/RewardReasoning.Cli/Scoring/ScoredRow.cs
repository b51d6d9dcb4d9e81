using System.Text.Json;
using RewardReasoning.Cli.Output;
using RewardReasoning.Data.Recognition;
using RewardReasoning.Data.Rows;

namespace RewardReasoning.Cli.Scoring;

/// <summary>A row and what became of it: a judgment that prefers a response, or the reason why there is none (perhaps with votes).</summary>
internal sealed record ScoredRow(DataRow Row, RowContent Content, Judgment? Judgment, string? Error)
{
    /// <summary>The row's own fields but those of an earlier run, then <c>judgment</c>, then <c>error</c>, each where there is one.</summary>
    public void WriteTo(Utf8JsonWriter writer, bool withReasoning)
    {
        Row.WriteFields(writer, name => name is "judgment" or "error");
        if (Judgment is not null)
        {
            writer.WritePropertyName("judgment");
            JsonSerializer.Serialize(writer, JudgmentJson.Of(Judgment, withReasoning), OutputJson.Lines.JudgmentJson);
        }

        if (Error is not null)
        {
            writer.WriteString("error", Error);
        }

        writer.WriteEndObject();
    }
}
