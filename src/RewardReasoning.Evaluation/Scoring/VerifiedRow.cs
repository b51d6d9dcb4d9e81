using System.Text.Json;
using RewardReasoning.Data.AnswerRows;
using RewardReasoning.Data.Inspection;
using RewardReasoning.Data.Rows;
using RewardReasoning.Verification;

namespace RewardReasoning.Evaluation.Scoring;

/// <summary>A row of answers and its verdict, or the reason why it has none.</summary>
internal sealed record VerifiedRow(DataRow Row, AnswerVerdict? Verdict, bool? Expected, string? Error)
{
    public static VerifiedRow Of(DataRow row, VerifierOptions defaults)
    {
        if (row.Fields is not { } fields)
        {
            return new VerifiedRow(row, null, null, row.Error);
        }

        try
        {
            AnswerRow answer = AnswerRow.Read(fields, defaults);
            AnswerVerdict verdict = new AnswerVerifier(answer.Options).Verify(
                ReasoningText.Split(answer.Gold).Answer,
                ReasoningText.Split(answer.Prediction).Answer
            );
            return new VerifiedRow(row, verdict, answer.Expected, null);
        }
        catch (JsonException exception)
        {
            return new VerifiedRow(row, null, null, exception.Message);
        }
    }

    /// <summary>The columns of verified rows in Parquet.</summary>
    public static RowColumns Columns(RowSurvey survey) => survey.Columns.Without("verdict", "error").WithText("verdict").WithText("error");

    /// <summary>
    /// The row's own fields but those of an earlier run, then <c>verdict</c> or <c>error</c>; of Parquet only its columns.
    /// </summary>
    public void WriteTo(Utf8JsonWriter json, RowColumns? columns)
    {
        Row.WriteFields(json, name => name is "verdict" or "error" || columns?.Names.Contains(name) == false);
        if (Verdict is { } verdict)
        {
            json.WriteString(
                "verdict",
                verdict switch
                {
                    AnswerVerdict.Equal => "equal",
                    AnswerVerdict.Different => "different",
                    _ => "unknown",
                }
            );
        }
        else
        {
            json.WriteString("error", Error);
        }

        json.WriteEndObject();
    }
}
