using System.Text.Json;
using RewardReasoning.Data.Recognition;
using RewardReasoning.Data.Rows;

namespace RewardReasoning.Data.Export;

/// <summary>A pair whose better response is known, ready to be written for a trainer.</summary>
internal sealed record ExportPair
{
    /// <summary>What was asked.</summary>
    public required RowQuery Query { get; init; }

    /// <summary>The two responses, as the row numbers them.</summary>
    public required Comparison Comparison { get; init; }

    /// <summary>Which of them is better.</summary>
    public required Verdict Better { get; init; }

    /// <summary>How much better, where the row says so: its field <c>margin</c>, or the lead of its judgment's votes, 0 to 1.</summary>
    public double? Margin { get; init; }

    /// <summary>The row's <c>id</c> or <c>pair_id</c>, else the file's name without its folder, and the row's number.</summary>
    public required string Id { get; init; }

    /// <summary>Where the pair comes from: the row's <c>source</c>, else its file.</summary>
    public required string Source { get; init; }

    /// <summary>The better response.</summary>
    public string Chosen => Better == Verdict.First ? Comparison.Response1 : Comparison.Response2;

    /// <summary>The other one.</summary>
    public string Rejected => Better == Verdict.First ? Comparison.Response2 : Comparison.Response1;

    /// <summary>The pair of a row. A label decides; without one, the row's own <c>judgment</c>, as <c>rrm score</c> writes it.</summary>
    /// <returns>The pair, or why the row cannot be exported.</returns>
    public static (ExportPair? Pair, string? Fault) Of(DataRow row)
    {
        ArgumentNullException.ThrowIfNull(row);
        RowContent recognized = RowRecognizer.Recognize(row);
        if (recognized is not PairContent content)
        {
            return (
                null,
                recognized is FaultyContent faulty
                    ? faulty.Error
                    : $"The row holds {RowKinds.Describe(recognized.Kind)}; an export is of labelled "
                        + $"pairs{(recognized is CandidatesContent ? ", which rrm label makes of candidates" : "")}."
            );
        }

        Verdict better =
            content.Label != Verdict.Unparsable
                ? content.Label
                : row.Field("judgment.preferred") switch
                {
                    "1" => Verdict.First,
                    "2" => Verdict.Second,
                    _ => Verdict.Unparsable,
                };
        string? fault =
            better == Verdict.Unparsable ? "The row has no label and no judgment that prefers a response."
            : content.Comparison.Response1 == content.Comparison.Response2 ? "The two responses are the same text."
            : null;
        return fault is not null
            ? (null, fault)
            : (
                new()
                {
                    Query = content.Query,
                    Comparison = content.Comparison,
                    Better = better,
                    Margin = MarginOf(row, better),
                    Id = row.Field("pair_id") ?? row.Field("id") ?? (row with { File = Path.GetFileName(row.File) }).Place,
                    Source = row.Field("source") ?? Path.GetFileName(row.File),
                },
                null
            );
    }

    private static double? MarginOf(DataRow row, Verdict better)
    {
        if (row.Fields is not { } fields)
        {
            return null;
        }

        if (fields.TryGetProperty("margin", out JsonElement margin) && margin.ValueKind == JsonValueKind.Number)
        {
            return margin.GetDouble();
        }

        if (
            !fields.TryGetProperty("judgment", out JsonElement judgment)
            || judgment.ValueKind != JsonValueKind.Object
            || !judgment.TryGetProperty("votes", out JsonElement votes)
            || votes.ValueKind != JsonValueKind.Array
        )
        {
            return null;
        }

        int[] verdicts = [.. votes.EnumerateArray().Select(NumberOf).Where(number => number is 1 or 2)];
        int won = verdicts.Count(number => number == (better == Verdict.First ? 1 : 2));
        return verdicts.Length == 0 ? null : (double)(won - (verdicts.Length - won)) / verdicts.Length;
    }

    /// <summary>The number of the response that a vote is for; 0 for a vote without a verdict.</summary>
    private static int NumberOf(JsonElement vote) =>
        vote.ValueKind == JsonValueKind.Object
        && vote.TryGetProperty("verdict", out JsonElement verdict)
        && verdict.ValueKind == JsonValueKind.Number
        && verdict.TryGetInt32(out int number)
            ? number
            : 0;
}
