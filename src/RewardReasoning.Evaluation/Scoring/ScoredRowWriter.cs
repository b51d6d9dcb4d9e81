using System.Text.Json;
using RewardReasoning.Data.Inspection;
using RewardReasoning.Data.Recognition;
using RewardReasoning.Data.Rows;
using RewardReasoning.Evaluation.Running;
using RewardReasoning.Rankings;

namespace RewardReasoning.Evaluation.Scoring;

/// <summary>How <c>rrm score</c> writes a judged row.</summary>
internal static class ScoredRowWriter
{
    private static readonly string[] Written = ["judgment", "error"];
    private static readonly string[] WrittenOfCandidates = ["ranking", "rewards", "missing_matches", "abstained_matches", "error"];
    private static readonly string[] WrittenFlat = ["preferred", "confidence", .. Written];

    /// <summary>The columns of scored rows in Parquet: those of the rows, then what <see cref="Write"/> adds.</summary>
    public static RowColumns Columns(RowSurvey survey)
    {
        bool hasCandidates = survey.Kinds.Contains(RowKind.Candidates);
        RowColumns own = survey.Columns.Without(hasCandidates ? [.. WrittenFlat, .. WrittenOfCandidates] : WrittenFlat);
        RowColumns columns =
            survey.Kinds.Contains(RowKind.Pair) || !hasCandidates
                ? own.WithInteger("preferred").WithNumber("confidence").WithText("judgment")
                : own;
        return (
            hasCandidates
                ? columns.WithText("ranking").WithNumbers("rewards").WithInteger("missing_matches").WithInteger("abstained_matches")
                : columns
        ).WithText("error");
    }

    /// <summary>
    /// The row's own fields but those of an earlier run, then <c>judgment</c> (of candidates <c>ranking</c> and <c>rewards</c>), then
    /// <c>error</c>, each if there is one. For Parquet <c>judgment</c> and <c>ranking</c> are JSON as text, with <c>preferred</c> and
    /// <c>confidence</c> flat before the former.
    /// </summary>
    public static void Write(Utf8JsonWriter writer, JudgedRow judged, bool withReasoning, RowColumns? columns)
    {
        string[] written =
            judged.Content is CandidatesContent ? WrittenOfCandidates
            : columns is not null || IsScoredParquet(judged.Row) ? WrittenFlat
            : Written;
        judged.Row.WriteFields(writer, name => written.Contains(name) || columns?.Names.Contains(name) == false);
        if (judged.Judgment is not null)
        {
            if (columns is null)
            {
                writer.WritePropertyName("judgment");
                JudgmentJson.Write(writer, judged.Judgment, withReasoning);
            }
            else
            {
                WriteFlat(writer, judged.Judgment, withReasoning);
            }
        }

        if (judged.Ranking is { } ranking && (ranking.Best is not null || judged.IsAbstained))
        {
            WriteRanking(writer, ranking, columns);
            writer.WriteNumber("missing_matches", judged.MissingMatches);
            writer.WriteNumber("abstained_matches", judged.AbstainedMatches);
        }

        if (judged.Error is not null)
        {
            writer.WriteString("error", judged.Error);
        }

        writer.WriteEndObject();
    }

    /// <summary>Whether the row was read from a Parquet file of an earlier run.</summary>
    private static bool IsScoredParquet(DataRow row) =>
        row.Fields is { } fields
        && fields.TryGetProperty("judgment", out JsonElement judgment)
        && judgment.ValueKind == JsonValueKind.String;

    private static void WriteRanking(Utf8JsonWriter writer, Ranking ranking, RowColumns? columns)
    {
        if (columns is null)
        {
            writer.WritePropertyName("ranking");
            RankingJson.WriteResponses(writer, ranking);
        }
        else
        {
            writer.WriteString("ranking", JsonStyle.Text(json => RankingJson.WriteResponses(json, ranking)));
        }

        writer.WriteStartArray("rewards");
        foreach (double? reward in ranking.Rewards)
        {
            if (reward is { } known)
            {
                writer.WriteNumberValue(known);
            }
            else
            {
                writer.WriteNullValue();
            }
        }

        writer.WriteEndArray();
    }

    private static void WriteFlat(Utf8JsonWriter writer, Judgment judgment, bool withReasoning)
    {
        if (judgment.Preferred is { } preferred)
        {
            writer.WriteNumber("preferred", preferred == Verdict.First ? 1 : 2);
        }

        if (judgment.Confidence is { } confidence)
        {
            writer.WriteNumber("confidence", confidence);
        }

        writer.WriteString("judgment", JsonStyle.Text(json => JudgmentJson.Write(json, judgment, withReasoning)));
    }
}
