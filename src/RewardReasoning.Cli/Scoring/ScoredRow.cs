using System.Text.Json;
using RewardReasoning.Cli.Output;
using RewardReasoning.Data.Columns;
using RewardReasoning.Data.Recognition;
using RewardReasoning.Data.Rows;

namespace RewardReasoning.Cli.Scoring;

/// <summary>A row and what became of it: a judgment that prefers a response, or the reason why there is none (perhaps with votes).</summary>
internal sealed record ScoredRow(DataRow Row, RowContent Content, Judgment? Judgment, string? Error)
{
    private static readonly string[] Written = ["judgment", "error"];
    private static readonly string[] WrittenFlat = ["preferred", "confidence", .. Written];

    /// <summary>The columns of scored rows in Parquet: those of the rows, then what <see cref="WriteTo"/> adds.</summary>
    public static RowColumns Columns(RowSurvey survey) =>
        survey.Columns.Without(WrittenFlat).WithInteger("preferred").WithNumber("confidence").WithText("judgment").WithText("error");

    /// <summary>
    /// The row's own fields but those of an earlier run, then <c>judgment</c>, then <c>error</c>, each where there is one. For Parquet
    /// <c>judgment</c> is JSON as text, with <c>preferred</c> and <c>confidence</c> flat before it.
    /// </summary>
    public void WriteTo(Utf8JsonWriter writer, bool withReasoning, RowColumns? columns)
    {
        string[] written = columns is not null || IsScoredParquet ? WrittenFlat : Written;
        Row.WriteFields(writer, name => written.Contains(name) || columns?.Names.Contains(name) == false);
        if (Judgment is not null)
        {
            JudgmentJson judgment = JudgmentJson.Of(Judgment, withReasoning);
            if (columns is null)
            {
                writer.WritePropertyName("judgment");
                JsonSerializer.Serialize(writer, judgment, OutputJson.Lines.JudgmentJson);
            }
            else
            {
                WriteFlat(writer, judgment);
            }
        }

        if (Error is not null)
        {
            writer.WriteString("error", Error);
        }

        writer.WriteEndObject();
    }

    /// <summary>Whether the row was read from a Parquet file of an earlier run.</summary>
    private bool IsScoredParquet => Row.Fields is { } fields && fields.TryGetProperty("judgment", out JsonElement judgment) && judgment.ValueKind == JsonValueKind.String;

    private static void WriteFlat(Utf8JsonWriter writer, JudgmentJson judgment)
    {
        if (judgment.Preferred is { } preferred)
        {
            writer.WriteNumber("preferred", preferred);
        }

        if (judgment.Confidence is { } confidence)
        {
            writer.WriteNumber("confidence", confidence);
        }

        writer.WriteString("judgment", JsonSerializer.Serialize(judgment, OutputJson.Lines.JudgmentJson));
    }
}
