using System.Text.Json;
using RewardReasoning.Calibration;
using RewardReasoning.Data.Recognition;
using RewardReasoning.Data.Rows;
using RewardReasoning.Evaluation.Running;
using RewardReasoning.Judging;

namespace RewardReasoning.Evaluation.Calibration;

/// <summary>
/// Gathers from rows what a calibration is fitted to: the labelled ones whose judgment prefers a response, or would have if the judge had
/// not abstained.
/// </summary>
internal sealed class LabelledJudgments
{
    private readonly List<LabelledConfidence> _judgments = [];
    private readonly List<(string Query, string Pair, double? Sureness, bool IsRight, bool JudgeIsRight)> _screened = [];

    /// <summary>Rows so far.</summary>
    public int Rows { get; private set; }

    /// <summary>Rows without a judgment that prefers a response.</summary>
    public int Missing { get; private set; }

    /// <summary>Judged rows without a label.</summary>
    public int Unlabelled { get; private set; }

    /// <summary>All others.</summary>
    public IReadOnlyList<LabelledConfidence> Judgments => _judgments;

    /// <summary>Risk and coverage of one pair of each query, the first by the pairs' hashes.</summary>
    public AbstentionFit Abstention() =>
        AbstentionFit.Of(
            _judgments
                .GroupBy(judgment => judgment.Query)
                .Select(query => query.MinBy(judgment => judgment.Pair, StringComparer.Ordinal))
                .OfType<LabelledConfidence>()
                .Select(judgment => (judgment.Uncertainty, judgment.IsRight))
        );

    /// <summary>What a first stage costs on one pair of each query, the first by the pairs' hashes.</summary>
    /// <param name="first">Identity of the first stage.</param>
    public ScreenFit Screen(string first) =>
        ScreenFit.Of(
            first,
            [
                .. _screened
                    .GroupBy(pair => pair.Query)
                    .Select(query => query.MinBy(pair => pair.Pair, StringComparer.Ordinal))
                    .Select(pair => (pair.Sureness, pair.IsRight, pair.JudgeIsRight)),
            ]
        );

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
            Add(content, null);
            return;
        }

        JsonElement json =
            ScoredRow.JudgmentOf(row) ?? throw new FormatException("the row has no 'judgment'; --judged takes what rrm score wrote.");
        Judgment judgment;
        try
        {
            judgment = JudgmentJson.Read(json);
        }
        catch (JsonException exception)
        {
            throw new FormatException($"its 'judgment' is not one of rrm score: {exception.Message}", exception);
        }

        if (judgment.Model != model)
        {
            throw new FormatException($"the row was judged by '{judgment.Model}', not by '{model}'; name the model that judged it.");
        }

        if (judgment.MaxVotes != maxVotes)
        {
            throw new FormatException(
                FormattableString.Invariant(
                    $"the row was judged with at most {judgment.MaxVotes} votes, these options mean {maxVotes}; give those of its run."
                )
            );
        }

        Add(content, judgment);
    }

    /// <summary>Adds a row that was judged now; null where that failed.</summary>
    /// <param name="content">The row.</param>
    /// <param name="judgment">The judge's judgment.</param>
    /// <param name="quick">What a first stage said; null where there is none, or it failed.</param>
    public void Add(RowContent content, Judgment? judgment, Judgment? quick = null)
    {
        Rows++;
        if (
            content is not PairContent pair
            || (judgment?.Preferred ?? judgment?.Withheld) is not { } preferred
            || judgment is not { Confidence: { } confidence, Uncertainty: { } uncertainty }
        )
        {
            Missing++;
        }
        else if (pair.Label == Verdict.Unparsable)
        {
            Unlabelled++;
        }
        else
        {
            string hash = Convert.ToHexString(ComparisonHash.OfUnorderedPair(pair.Comparison));
            bool isRight = preferred == pair.Label;
            _judgments.Add(new(confidence, isRight, pair.Comparison.Query, uncertainty, hash));
            _screened.Add(
                (
                    pair.Comparison.Query,
                    hash,
                    quick is null ? null : ScreenedJudge.SurenessOf(quick),
                    quick?.Preferred == pair.Label,
                    isRight
                )
            );
        }
    }
}
