using System.Globalization;
using RewardReasoning.Data.Recognition;
using RewardReasoning.Data.Rows;
using RewardReasoning.Evaluation.Budgets;
using RewardReasoning.Evaluation.Running;
using RewardReasoning.Judging;
using RewardReasoning.Rankings;

namespace RewardReasoning.Evaluation.Scoring;

/// <summary>How <see cref="FileScorer"/> scores.</summary>
public sealed record ScoreOptions
{
    /// <summary>How the candidates of a row meet, and what their rewards are; the concurrency is the run's.</summary>
    public RankingOptions Ranking { get; init; } = new();

    /// <summary>
    /// The most tokens that the votes on all pairs together may write. Votes go to the pairs whose outcome they can still change, at most
    /// as many to each as the judge may ask for (<see cref="JudgeOptions.Votes"/>).
    /// </summary>
    /// <value>null (every pair gets the judge's votes), else at least 1; not with <see cref="MeanVotes"/>.</value>
    public long? MaxTokens { get; init; }

    /// <summary>The same in votes: how many a pair may have on average.</summary>
    /// <value>null (every pair gets the judge's votes), else at least 1; not with <see cref="MaxTokens"/>.</value>
    public double? MeanVotes { get; init; }

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
    private const int MostVotes = 100;

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
        BudgetedRows? budgeted = Budgeted(settings);
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
                JudgedRow judged in (
                    budgeted?.SelectAsync(rows, cancellationToken)
                    ?? JudgedRows.SelectAsync(rows, judge, run, rowJudge.JudgeAsync, output, cancellationToken)
                ).ConfigureAwait(false)
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
                if (budgeted is not null)
                {
                    continue; // it reported what was spent
                }

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

    /// <summary>The rows under a budget, which is added to the settings of the run; null without one.</summary>
    private BudgetedRows? Budgeted(Dictionary<string, string> settings)
    {
        if (_options.MaxTokens is null && _options.MeanVotes is null)
        {
            return null;
        }

        RequireBudget(_options.MaxTokens is null || _options.MeanVotes is null, "A budget is in tokens or in votes; both were given.");
        RequireBudget(_options.MaxTokens is null or >= 1, $"A budget of {_options.MaxTokens} tokens pays for nothing; it is at least 1.");
        RequireBudget(
            _options.MeanVotes is null or (>= 1 and <= MostVotes),
            FormattableString.Invariant($"A budget of {_options.MeanVotes} votes a pair was given; it is 1 to {MostVotes}.")
        );
        ReasoningJudge reasoning =
            judge.Reasoning
            ?? judge.AfterFirst?.Reasoning
            ?? throw new RunException(
                "A budget is spent on the votes of one judge; a scalar reward model or a jury has none. Leave it out."
            );
        RequireBudget(
            judge.Voting is { Votes: >= 2 and <= MostVotes },
            $"Of a budget a pair may get up to {judge.Voting.Votes} votes (--votes); with a budget that is 2 to {MostVotes}."
        );
        RequireBudget(
            judge.Voting is { Stopping: "fixed", Ties: false } && judge.Abstains is null,
            "A budget decides itself when voting ends, for judgments without ties; leave out --adaptive, --ties and --abstain."
        );
        settings["budget-tokens"] = _options.MaxTokens?.ToString(CultureInfo.InvariantCulture) ?? "none";
        settings["budget-votes"] = _options.MeanVotes?.ToString(CultureInfo.InvariantCulture) ?? "none";
        int step = judge.Voting.Order == "both" ? 2 : 1;
        return new BudgetedRows(
            reasoning,
            pairs =>
                _options.MaxTokens is { } tokens
                    ? new VoteBudget(tokens, InTokens: true)
                    : new VoteBudget((long)Math.Round((_options.MeanVotes ?? 0) * pairs * step), InTokens: false),
            judge.Screened,
            _options.Run
        );
    }

    private static void RequireBudget(bool holds, string fault)
    {
        if (!holds)
        {
            throw new RunException(fault);
        }
    }
}
