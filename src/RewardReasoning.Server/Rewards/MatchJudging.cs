using RewardReasoning.Ratings;

namespace RewardReasoning.Server.Rewards;

/// <summary>Puts the matches of cohorts before the judge, as many at once as it takes, and ends them with what it says.</summary>
internal sealed class MatchJudging
{
    private readonly RewardJudge _judge;
    private readonly RewardOptions _options;
    private readonly TimeProvider _time;
    private readonly Lock _gate;
    private readonly StarvationWatch _watch;
    private readonly Func<Task, Task> _track;
    private readonly CancellationToken _stopped;
    private readonly JudgePace _pace;
    private readonly JudgeQueue _queue;

    /// <param name="judge">The judge.</param>
    /// <param name="options">Who is warned.</param>
    /// <param name="time">The clock.</param>
    /// <param name="gate">Guards all cohorts.</param>
    /// <param name="watch">Is told that something moved.</param>
    /// <param name="track">Counts work until it is done.</param>
    /// <param name="stopped">Ends all judging; matches then stay open.</param>
    public MatchJudging(
        RewardJudge judge,
        RewardOptions options,
        TimeProvider time,
        Lock gate,
        StarvationWatch watch,
        Func<Task, Task> track,
        CancellationToken stopped
    )
    {
        (_judge, _options, _time, _gate, _watch, _track, _stopped) = (judge, options, time, gate, watch, track, stopped);
        _pace = new(judge);
        _queue = new(judge.Concurrency, Start);
    }

    /// <summary>Matches with the judge.</summary>
    public int Running => _queue.Running;

    /// <summary>Matches with the judge, or waiting for it.</summary>
    public int InHand => _queue.Running + _queue.Waiting;

    /// <summary>Queues a match.</summary>
    public void Enqueue(CohortMatch match) => _queue.Enqueue(match);

    /// <summary>Gives a place of the judge back.</summary>
    public void Release() => _queue.Release();

    /// <summary>How long a number of matches may take.</summary>
    public TimeSpan TimeFor(int matches) => _pace.TimeFor(matches);

    private void Start(CohortMatch match)
    {
        if (!_stopped.IsCancellationRequested)
        {
            _track(JudgeAsync(match, match.Cohort.Begin(match)));
        }
    }

    private async Task JudgeAsync(CohortMatch match, Comparison comparison)
    {
        await Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding); // the caller holds the gate
        long start = _time.GetTimestamp();
        MatchEnd end;
        Judgment? judgment = null;
        try
        {
            CancellationToken stop = match.Stop.Token; // a service that stops cancels all of them
            if (match.Second == CohortMatch.Nobody && _judge.Score is { } score)
            {
                end = EndOf(await score(comparison.Query, comparison.Response1, stop), _time.GetElapsedTime(start));
            }
            else
            {
                judgment = await _judge.Judge.JudgeAsync(comparison, stop);
                end = EndOf(judgment, _time.GetElapsedTime(start));
            }
        }
        catch (OperationCanceledException) when (match.Stop.IsCancellationRequested || _stopped.IsCancellationRequested)
        {
            return; // it was ended by a clock, or the service stops and the cohort stays open in the ledger
        }
        catch (Exception failure)
        {
            if (FailurePolicy.ScopeOf(failure) == FailureScope.Run)
            {
                _options.OnWarning?.Invoke(
                    $"the judge failed with {failure.GetType().Name}; it will fail at every match until that is mended"
                );
            }

            end = MatchEnd.Failed(MatchFailure.Of(failure)) with { Elapsed = _time.GetElapsedTime(start) };
        }

        lock (_gate)
        {
            _watch.Moved();
            if (judgment is not null)
            {
                _pace.Observe(judgment);
            }

            match.Cohort.End(match, end);
        }
    }

    private static MatchEnd EndOf(double score, TimeSpan elapsed) =>
        new(MatchOutcome.Missing, double.IsFinite(score) ? null : FailureClass.Unparsable, Usage.None, elapsed)
        {
            Score = double.IsFinite(score) ? score : null,
        };

    private static MatchEnd EndOf(Judgment judgment, TimeSpan elapsed) =>
        judgment.Outcome switch
        {
            MatchOutcome.Missing => new(MatchOutcome.Missing, MatchFailure.Of(judgment), judgment.Usage, elapsed),
            MatchOutcome.Abstained => new(MatchOutcome.Abstained, FailureClass.Abstained, judgment.Usage, elapsed),
            var decided => new(decided, null, judgment.Usage, elapsed),
        };
}
