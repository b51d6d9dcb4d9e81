using RewardReasoning.Calibration;
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
        LabelledJudgments labelled = new();
        long? total = await JudgedRows.CountAsync(pairs, run, cancellationToken).ConfigureAwait(false);
        Usage usage = Usage.None;
        await foreach (
            JudgedRow judged in JudgedRows
                .SelectAsync(pairs, judge, run, rowJudge.JudgeAsync, null, cancellationToken)
                .ConfigureAwait(false)
        )
        {
            labelled.Add(judged.Content, judged.Judgment);
            if (judged.Error is { } error)
            {
                run.OnMissing?.Invoke(new MissingItem(judged.Row.Place, error));
            }

            usage += judged.Usage;
            run.Progress?.Report(new RunProgress(labelled.Rows, labelled.Missing, total, usage));
        }

        return Fit(labelled);
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
            }
        );
    }
}
