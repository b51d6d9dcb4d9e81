using System.Text.Json;
using RewardReasoning.Cli.Output;
using RewardReasoning.Data.Columns;
using RewardReasoning.Data.Recognition;
using RewardReasoning.Data.Rows;

namespace RewardReasoning.Cli.Scoring;

/// <summary>
/// A row and what became of it: a judgment that prefers a response, a ranking of candidates, or the reason why there is none (perhaps with
/// votes).
/// </summary>
internal sealed record ScoredRow(DataRow Row, RowContent Content, Judgment? Judgment, string? Error)
{
    private static readonly string[] Written = ["judgment", "error"];
    private static readonly string[] WrittenOfCandidates = ["ranking", "rewards", "error"];
    private static readonly string[] WrittenFlat = ["preferred", "confidence", .. Written];

    /// <summary>The columns of scored rows in Parquet: those of the rows, then what <see cref="WriteTo"/> adds.</summary>
    public static RowColumns Columns(RowSurvey survey)
    {
        bool hasCandidates = survey.Kinds.Contains(RowKind.Candidates);
        RowColumns own = survey.Columns.Without(hasCandidates ? [.. WrittenFlat, .. WrittenOfCandidates] : WrittenFlat);
        RowColumns columns =
            survey.Kinds.Contains(RowKind.Pair) || !hasCandidates
                ? own.WithInteger("preferred").WithNumber("confidence").WithText("judgment")
                : own;
        return (hasCandidates ? columns.WithText("ranking").WithNumbers("rewards") : columns).WithText("error");
    }

    /// <summary>The ranking of a row of candidates; null for other rows, and where it failed.</summary>
    public Rankings.Ranking? Ranking { get; init; }

    /// <summary>What its judgments took.</summary>
    public Usage Usage => Judgment?.Usage ?? Ranking?.Usage ?? Usage.None;

    /// <summary>Says what is wrong with the row, by file and line.</summary>
    /// <exception cref="UsageException">Always, where <paramref name="strict"/>.</exception>
    public void Complain(Terminal terminal, bool strict)
    {
        if (strict)
        {
            throw new UsageException($"{Row.Place}: {Error} (--strict stops here; OUT holds the rows before it.)");
        }

        terminal.WriteStatus($"rrm: {Row.Place}: {Error}");
    }

    /// <summary>
    /// The row's own fields but those of an earlier run, then <c>judgment</c> (of candidates <c>ranking</c> and <c>rewards</c>), then
    /// <c>error</c>, each where there is one. For Parquet <c>judgment</c> and <c>ranking</c> are JSON as text, with <c>preferred</c> and
    /// <c>confidence</c> flat before the former.
    /// </summary>
    public void WriteTo(Utf8JsonWriter writer, bool withReasoning, RowColumns? columns)
    {
        string[] written =
            Content is CandidatesContent ? WrittenOfCandidates
            : columns is not null || IsScoredParquet ? WrittenFlat
            : Written;
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

        if (Ranking is { Best: not null })
        {
            WriteRanking(writer, RankingJson.Of(Ranking), Ranking.Rewards, columns);
        }

        if (Error is not null)
        {
            writer.WriteString("error", Error);
        }

        writer.WriteEndObject();
    }

    /// <summary>Whether the row was read from a Parquet file of an earlier run.</summary>
    private bool IsScoredParquet =>
        Row.Fields is { } fields
        && fields.TryGetProperty("judgment", out JsonElement judgment)
        && judgment.ValueKind == JsonValueKind.String;

    private static void WriteRanking(Utf8JsonWriter writer, RankingJson ranking, IReadOnlyList<double?> rewards, RowColumns? columns)
    {
        if (columns is null)
        {
            writer.WritePropertyName("ranking");
            JsonSerializer.Serialize(writer, ranking.Ranking, OutputJson.Lines.IReadOnlyListRankedResponseJson);
        }
        else
        {
            writer.WriteString("ranking", JsonSerializer.Serialize(ranking.Ranking, OutputJson.Lines.IReadOnlyListRankedResponseJson));
        }

        writer.WriteStartArray("rewards");
        foreach (double? reward in rewards)
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
