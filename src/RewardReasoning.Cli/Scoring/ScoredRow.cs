using System.Text.Json;
using RewardReasoning.Cli.Output;
using RewardReasoning.Data.Pairs;

namespace RewardReasoning.Cli.Scoring;

/// <summary>A row and what became of it: a judgment that prefers a response, or the reason why there is none (perhaps with votes).</summary>
internal sealed record ScoredRow(PairRow Row, Judgment? Judgment, string? Error)
{
    /// <summary>The row's own fields, then <c>judgment</c>, then <c>error</c>, each where there is one.</summary>
    public void WriteTo(Utf8JsonWriter writer, bool withReasoning)
    {
        Row.WriteFields(writer);
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
