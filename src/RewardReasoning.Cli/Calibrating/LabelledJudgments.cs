using System.Text.Json;
using RewardReasoning.Data.Pairs;
using RewardReasoning.Evaluation.Calibration;

namespace RewardReasoning.Cli.Calibrating;

/// <summary>Gathers from rows what a calibration is fitted to: the labelled ones whose judgment prefers a response.</summary>
internal sealed class LabelledJudgments
{
    private readonly List<LabelledConfidence> _judgments = [];

    /// <summary>Rows so far.</summary>
    public int Rows { get; private set; }

    /// <summary>Rows without a judgment that prefers a response.</summary>
    public int Missing { get; private set; }

    /// <summary>Judged rows without a label.</summary>
    public int Unlabelled { get; private set; }

    /// <summary>All others.</summary>
    public IReadOnlyList<LabelledConfidence> Judgments => _judgments;

    /// <summary>Adds a row that was judged now; null where that failed.</summary>
    public void Add(PairRow row, Judgment? judgment) => Add(row, judgment?.Preferred, judgment?.Confidence);

    /// <summary>Adds a row of <c>rrm score</c> with the judgment that stands in it.</summary>
    /// <param name="row">The row.</param>
    /// <param name="model">The name of the model that must have judged it.</param>
    /// <param name="maxVotes">The most completions that voting must have been able to take.</param>
    /// <exception cref="FormatException">The row holds no judgment, or one by another model or with other votes.</exception>
    public void AddJudged(PairRow row, string model, int maxVotes)
    {
        if (row.Field("error") is not null && row.Field("judgment") is null)
        {
            Add(row, null, null);
            return;
        }

        if (row.Fields is not { } fields || !fields.TryGetProperty("judgment", out JsonElement judgment) || judgment.ValueKind != JsonValueKind.Object)
        {
            throw new FormatException("the row has no 'judgment'; --judged takes what rrm score wrote.");
        }

        if (row.Field("judgment.model") is var judge && judge != model)
        {
            throw new FormatException($"the row was judged by '{judge}', not by '{model}'; name the model that judged it.");
        }

        if (row.Field("judgment.max_votes") is var votes && votes != FormattableString.Invariant($"{maxVotes}"))
        {
            throw new FormatException($"the row was judged with at most {votes ?? "an unknown number of"} votes, these options mean {maxVotes}; give the options that it was judged with.");
        }

        bool hasConfidence = judgment.TryGetProperty("confidence", out JsonElement confidence) && confidence.ValueKind == JsonValueKind.Number;
        Add(
            row,
            row.Field("judgment.preferred") switch { "1" => Verdict.First, "2" => Verdict.Second, _ => null },
            hasConfidence ? confidence.GetDouble() : null);
    }

    private void Add(PairRow row, Verdict? preferred, double? confidence)
    {
        Rows++;
        if (row.Comparison is not { } comparison || preferred is null || confidence is not { } known)
        {
            Missing++;
        }
        else if (row.Label == Verdict.Unparsable)
        {
            Unlabelled++;
        }
        else
        {
            _judgments.Add(new(known, preferred == row.Label, comparison.Query));
        }
    }
}
