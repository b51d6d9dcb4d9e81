using RewardReasoning.Calibration;
using RewardReasoning.Data.Recognition;
using RewardReasoning.Data.Rows;
using RewardReasoning.Evaluation.Running;
using RewardReasoning.Judging;

namespace RewardReasoning.Evaluation.Calibration;

/// <summary>How <see cref="Calibrator"/> fits.</summary>
public sealed record CalibrationOptions
{
    /// <summary>What is fitted.</summary>
    public CalibrationMethod Method { get; init; } = CalibrationMethod.Temperature;

    /// <summary>Folds of the cross-validation that the errors afterwards come from; judgments of one query are in one fold.</summary>
    /// <value>10, at least 2.</value>
    public int Folds { get; init; } = 10;

    /// <summary>Progress, concurrency and clock.</summary>
    public RunOptions Run { get; init; } = new();

    /// <summary>What may be asked before the judge: how sure it must be to decide is fitted too. Null for nothing.</summary>
    internal FirstStage? First { get; init; }
}

/// <summary>Calibrates a judge's confidence on labelled pairs, so that 90 % confidence means right 90 % of the time.</summary>
/// <param name="judge">The judge, opened without a calibration; it stays the caller's.</param>
/// <param name="options">How to fit; the defaults if null.</param>
public sealed class Calibrator(OpenedJudge judge, CalibrationOptions? options = null)
{
    private readonly CalibrationOptions _options = options ?? new();

    /// <summary>Judges labelled pairs and fits a map to the judgments.</summary>
    /// <exception cref="RewardReasoningException">No row has both a label and a judgment, or there are fewer queries than
    /// folds.</exception>
    public async Task<CalibrationReport> CalibrateAsync(RowSource pairs, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(pairs);
        RunOptions run = _options.Run;
        RowJudge rowJudge = new(judge.Judge);
        ScreenedJudge? stages = _options.First is { } first ? new(first.Judge, judge.Judge) : null;
        LabelledJudgments labelled = new();
        long? total = await JudgedRows.CountAsync(pairs, run, cancellationToken).ConfigureAwait(false);
        Usage usage = Usage.None;
        await foreach (
            (JudgedRow judged, Judgment? quick) in JudgedRows
                .SelectAsync(pairs, judge, run, JudgeAsync, null, cancellationToken)
                .ConfigureAwait(false)
        )
        {
            labelled.Add(judged.Content, judged.Judgment, quick);
            if (judged.Error is { } error)
            {
                run.OnMissing?.Invoke(new MissingItem(judged.Row.Place, error));
            }

            usage += judged.Usage + (quick?.Usage ?? Usage.None);
            run.Progress?.Report(new RunProgress(labelled.Rows, labelled.Missing, total, usage));
        }

        return Fit(labelled);

        async Task<(JudgedRow Judged, Judgment? Quick)> JudgeAsync(DataRow row, CancellationToken stop)
        {
            JudgedRow judged = await rowJudge.JudgeAsync(row, stop).ConfigureAwait(false);
            return (
                judged,
                stages is not null && judged is { Content: PairContent pair, Judgment: not null }
                    ? await stages.ScreenAsync(pair.Comparison, stop).ConfigureAwait(false)
                    : null
            );
        }
    }

    /// <summary>Fits a map to the judgments that <c>rrm score</c> wrote with this judge and these settings; nothing is judged.</summary>
    /// <exception cref="RewardReasoningException">A row holds no judgment, or one of another model or other votes; or as above.</exception>
    public async Task<CalibrationReport> FitToJudgedAsync(RowSource judged, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(judged);
        LabelledJudgments labelled = new();
        await foreach (DataRow row in judged.ReadAsync(cancellationToken).ConfigureAwait(false))
        {
            try
            {
                labelled.AddJudged(row, judge.Name, judge.MaxVotes);
            }
            catch (FormatException exception)
            {
                throw new RunException($"{row.Place}: {exception.Message}", exception);
            }
        }

        return Fit(labelled);
    }

    private CalibrationReport Fit(LabelledJudgments labelled)
    {
        if (labelled.Judgments.Count == 0)
        {
            throw new RunException(
                $"None of the {labelled.Rows} rows has both a label and a judgment; a label is 'label' (1 or 2), or 'chosen' "
                    + "and 'rejected'."
            );
        }

        ConfidenceFit fit;
        try
        {
            fit = ConfidenceFit.Of(labelled.Judgments, _options.Method, _options.Folds);
        }
        catch (ArgumentException exception)
        {
            throw new RunException(exception.Message.Split(" (Parameter")[0], exception);
        }

        return new CalibrationReport(
            labelled,
            fit,
            new CalibrationFit
            {
                Map = fit.Map,
                Model = judge.Identity,
                Voting = judge.Voting,
                Rows = fit.Judgments.Count,
                Accuracy = fit.Accuracy,
                Before = fit.Before,
                After = fit.After,
                Abstention = labelled.Abstention(),
                Screens = _options.First is { } stage ? [labelled.Screen(stage.Identity)] : [],
            }
        )
        {
            FirstStage = _options.First is { } asked ? FirstStageReport.Of(asked.Name, labelled.Screen(asked.Identity)) : null,
        };
    }
}
