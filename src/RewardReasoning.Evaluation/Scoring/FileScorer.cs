using RewardReasoning.Data.Recognition;
using RewardReasoning.Data.Rows;
using RewardReasoning.Evaluation.Running;
using RewardReasoning.Judging;
using RewardReasoning.Rankings;

namespace RewardReasoning.Evaluation.Scoring;

/// <summary>How <see cref="FileScorer"/> scores.</summary>
public sealed record ScoreOptions
{
    /// <summary>How the candidates of a row meet, and what their rewards are; the concurrency is the run's.</summary>
    public RankingOptions Ranking { get; init; } = new();

    /// <summary>Keep the reasoning of every vote in the rows.</summary>
    public bool KeepReasoning { get; init; }

    /// <summary>Fields of the rows (dotted paths) by which the report is broken down.</summary>
    public IReadOnlyList<string> By { get; init; } = [];

    /// <summary>End the run at the first row that cannot be judged.</summary>
    public bool StopAtFirstMissing { get; init; }

    /// <summary>Progress, concurrency and clock.</summary>
    public RunOptions Run { get; init; } = new();
}

/// <summary>
/// Judges every pair of a file and ranks every list of candidates: one row out for each row in, in the same order. A killed run is resumed
/// by running it again; with a store, no completion is paid for twice.
/// </summary>
/// <param name="judge">The judge, which stays the caller's.</param>
/// <param name="options">How to score; the defaults if null.</param>
public sealed class FileScorer(OpenedJudge judge, ScoreOptions? options = null)
{
    private readonly ScoreOptions _options = options ?? new();

    /// <summary>Scores one file into another.</summary>
    /// <inheritdoc cref="ScoreAsync(RowSource, RowTarget, CancellationToken)" path="/exception"/>
    public Task<ScoreReport> ScoreAsync(string input, string output, CancellationToken cancellationToken = default) =>
        ScoreAsync(RowSource.OfFiles(input), RowTarget.OfFile(output), cancellationToken);

    /// <summary>Scores rows.</summary>
    /// <param name="rows">What is read.</param>
    /// <param name="target">Where the scored rows go.</param>
    /// <param name="cancellationToken">Ends the run; rows that were judged are written.</param>
    /// <exception cref="RewardReasoningException">The target cannot be used, or has an unfinished run with other settings.</exception>
    /// <remarks>A failure that would hit every further row ends the run (<see cref="FailurePolicy"/>).</remarks>
    public async Task<ScoreReport> ScoreAsync(RowSource rows, RowTarget target, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(rows);
        ArgumentNullException.ThrowIfNull(target);
        target.RequireUsable(rows);
        RunOptions run = _options.Run;
        Dictionary<string, string> settings = RankingSettings.Of(_options.Ranking);
        settings["keep-reasoning"] = _options.KeepReasoning ? "yes" : "no";
        RunRecord? record = await RunRecord.OpenAsync(target, rows, judge, settings, run.Time, cancellationToken).ConfigureAwait(false);
        RowColumns? columns = target.NeedsColumns
            ? ScoredRowWriter.Columns(await rows.SurveyAsync(cancellationToken).ConfigureAwait(false))
            : null;
        long? total = await JudgedRows.CountAsync(rows, run, cancellationToken).ConfigureAwait(false);
        long start = run.Time.GetTimestamp();
        ScoreSummary summary = new(_options.By);
        RowJudge rowJudge = new(judge.Judge, JudgedRows.RankerOf(judge, _options.Ranking, run));
        MissingItem? stoppedAt = null;
        bool warned = judge.Voting.Order != "given";
        RowOutput output = await RowOutput.OpenAsync(target, columns, record, run, cancellationToken).ConfigureAwait(false);
        await using (output.ConfigureAwait(false))
        {
            await foreach (
                JudgedRow judged in JudgedRows
                    .SelectAsync(rows, judge, run, rowJudge.JudgeAsync, output, cancellationToken)
                    .ConfigureAwait(false)
            )
            {
                if (judged.Error is { } error)
                {
                    MissingItem missing = new(judged.Row.Place, error);
                    run.OnMissing?.Invoke(missing);
                    if (_options.StopAtFirstMissing)
                    {
                        stoppedAt = missing;
                        break;
                    }
                }

                if (!warned && judged.Content is PairContent { IsNamedByLabel: true })
                {
                    run.OnWarning?.Invoke(
                        "the responses are shown in the given order, so the chosen response of every row is shown first; the default "
                            + "order has no such habit."
                    );
                    warned = true;
                }

                summary.Add(judged);
                await output.WriteAsync(json => ScoredRowWriter.Write(json, judged, _options.KeepReasoning, columns)).ConfigureAwait(false);
                run.Progress?.Report(new RunProgress(summary.Rows, summary.Missing, total, summary.Usage));
            }

            if (stoppedAt is null)
            {
                output.Complete();
            }
        }

        return summary.Report(run.Time.GetElapsedTime(start)) with
        {
            StoppedAt = stoppedAt,
        };
    }
}
