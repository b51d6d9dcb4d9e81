using System.Text.Json;
using RewardReasoning.Data.Recognition;
using RewardReasoning.Data.Rows;
using RewardReasoning.Evaluation.Running;

namespace RewardReasoning.Evaluation.Calibration;

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
    public void Add(RowContent content, Judgment? judgment) => Add(content, judgment?.Preferred, judgment?.Confidence);

    /// <summary>Adds a row of <c>rrm score</c> with its judgment.</summary>
    /// <param name="row">The row.</param>
    /// <param name="model">The name of the model that must have judged it.</param>
    /// <param name="maxVotes">The most completions that voting must have been able to take.</param>
    /// <exception cref="FormatException">The row holds no judgment, or one by another model or with other votes.</exception>
    public void AddJudged(DataRow row, string model, int maxVotes)
    {
        RowContent content = RowRecognizer.Recognize(row);
        if (row.Field("error") is not null && row.Field("judgment") is null)
        {
            Add(content, null, null);
            return;
        }

        JsonElement judgment =
            ScoredRow.JudgmentOf(row) ?? throw new FormatException("the row has no 'judgment'; --judged takes what rrm score wrote.");
        if (Text(judgment, "model") is var judge && judge != model)
        {
            throw new FormatException($"the row was judged by '{judge}', not by '{model}'; name the model that judged it.");
        }

        if (Text(judgment, "max_votes") is var votes && votes != FormattableString.Invariant($"{maxVotes}"))
        {
            throw new FormatException(
                $"the row was judged with at most {votes ?? "an unknown number of"} votes, these options mean {maxVotes}; give the "
                    + $"options that it was judged with."
            );
        }

        bool hasConfidence =
            judgment.TryGetProperty("confidence", out JsonElement confidence) && confidence.ValueKind == JsonValueKind.Number;
        Add(
            content,
            Text(judgment, "preferred") switch
            {
                "1" => Verdict.First,
                "2" => Verdict.Second,
                _ => null,
            },
            hasConfidence ? confidence.GetDouble() : null
        );
    }

    private static string? Text(JsonElement judgment, string name) =>
        !judgment.TryGetProperty(name, out JsonElement value) || value.ValueKind == JsonValueKind.Null ? null
        : value.ValueKind == JsonValueKind.String ? value.GetString()
        : value.GetRawText();

    private void Add(RowContent content, Verdict? preferred, double? confidence)
    {
        Rows++;
        if (content is not PairContent pair || preferred is null || confidence is not { } known)
        {
            Missing++;
        }
        else if (pair.Label == Verdict.Unparsable)
        {
            Unlabelled++;
        }
        else
        {
            _judgments.Add(new(known, preferred == pair.Label, pair.Comparison.Query));
        }
    }
}
