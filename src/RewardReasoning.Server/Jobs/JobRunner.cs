using System.Buffers;
using RewardReasoning.Data.Rows;
using RewardReasoning.Evaluation.Running;
using RewardReasoning.Server.Http;
using RewardReasoning.Server.Scoring;
using RewardReasoning.Storage.Jobs;

namespace RewardReasoning.Server.Jobs;

/// <summary>
/// Judges the rows of jobs, one job after the other, the oldest first, together with other servers where they share the jobs. What it has
/// not judged when it stops is judged by those, or at the next start, where jobs are kept. Safe to use from many threads.
/// </summary>
internal sealed class JobRunner : IAsyncDisposable
{
    private const int MostUnwritten = 256;
    private static readonly TimeSpan RestAfterFailure = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan Retention = TimeSpan.FromDays(7);

    private readonly IJobStore _jobs;
    private readonly JudgingContext _context;
    private readonly Action<string>? _warn;
    private readonly SemaphoreSlim _work = new(0);
    private readonly CancellationTokenSource _stopped = new();
    private readonly Lock _gate = new();
    private readonly Task _loop;
    private (string Id, CancellationTokenSource Stop)? _running;
    private TaskCompletionSource _changed = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Begins with what is waiting.</summary>
    /// <param name="jobs">Where jobs are kept; the caller's.</param>
    /// <param name="context">What judges them.</param>
    /// <param name="warn">Receives a line for what an operator should know.</param>
    public JobRunner(IJobStore jobs, JudgingContext context, Action<string>? warn)
    {
        (_jobs, _context, _warn) = (jobs, context, warn);
        _loop = Task.Run(LoopAsync);
    }

    /// <summary>Done at the next change of any job.</summary>
    public Task NextChange
    {
        get
        {
            lock (_gate)
            {
                return _changed.Task;
            }
        }
    }

    /// <summary>Looks for work that has come.</summary>
    public void Wake()
    {
        _work.Release();
        ReportChange();
    }

    /// <summary>Ends a job that waits or runs; what was judged is kept.</summary>
    /// <returns>Whether it was waiting or running.</returns>
    public async Task<bool> CancelAsync(string id)
    {
        bool ended = await _jobs.MoveAsync(id, [JobState.Queued, JobState.Running], JobState.Cancelled, _context.Time.GetUtcNow());
        lock (_gate)
        {
            if (ended && _running is { } running && running.Id == id)
            {
                _ = running.Stop.CancelAsync();
            }
        }

        ReportChange();
        return ended;
    }

    /// <summary>Lets a job go on that was cancelled or failed.</summary>
    /// <returns>Whether it was.</returns>
    public async Task<bool> ResumeAsync(string id)
    {
        bool resumed = await _jobs.MoveAsync(id, [JobState.Cancelled, JobState.Failed], JobState.Queued);
        Wake();
        return resumed;
    }

    /// <summary>Stops; the job that runs goes on at the next start.</summary>
    public async ValueTask DisposeAsync()
    {
        await _stopped.CancelAsync();
        await _loop;
        _stopped.Dispose();
        _work.Dispose();
    }

    private async Task LoopAsync()
    {
        try
        {
            await _jobs.PruneAsync(_context.Time.GetUtcNow() - Retention);
        }
        catch (RewardReasoningException failure)
        {
            _warn?.Invoke($"old jobs could not be removed: {failure.Message}");
        }

        while (!_stopped.IsCancellationRequested)
        {
            try
            {
                if (await _jobs.NextAsync() is { } job)
                {
                    await RunAsync(job);
                }
                else
                {
                    await _work.WaitAsync(_jobs.LookEvery ?? Timeout.InfiniteTimeSpan, _stopped.Token);
                }
            }
            catch (OperationCanceledException) when (_stopped.IsCancellationRequested)
            {
                return;
            }
            catch (RewardReasoningException failure)
            {
                _warn?.Invoke($"the store of jobs failed; they rest for {RestAfterFailure.TotalSeconds:0} s: {failure.Message}");
                await Task.Delay(RestAfterFailure, _context.Time, _stopped.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
    }

    private async Task RunAsync(StoredJob job)
    {
        using CancellationTokenSource stop = CancellationTokenSource.CreateLinkedTokenSource(_stopped.Token);
        SetRunning((job.Id, stop));
        try
        {
            if (await _jobs.MoveAsync(job.Id, [JobState.Queued, JobState.Running], JobState.Running))
            {
                ReportChange();
                await Task.WhenAll(JudgeAsync(job, stop), StopIfEndedElsewhereAsync(job.Id, stop));
                await _jobs.CompleteAsync(job.Id, _context.Time.GetUtcNow());
            }
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            // Somebody cancelled it, or the server stops and it goes on elsewhere or at the next start.
        }
        catch (RewardReasoningException failure) when (failure.Boundary == FailureBoundary.Store && _jobs.LookEvery is not null)
        {
            // Out of reach is the database only for this server, perhaps: the others go on.
            throw;
        }
        catch (Exception failure)
        {
            ApiException problem = ApiException.Of(failure);
            _warn?.Invoke($"job {job.Id} failed after {failure.GetType().Name}: {problem.Message}");
            await _jobs.MoveAsync(job.Id, [JobState.Running], JobState.Failed, _context.Time.GetUtcNow(), problem.Message);
        }
        finally
        {
            SetRunning(null);
            ReportChange();
        }
    }

    /// <summary>Looks, while a job runs, whether another server has ended it.</summary>
    private async Task StopIfEndedElsewhereAsync(string id, CancellationTokenSource running)
    {
        while (_jobs.LookEvery is { } every && !running.IsCancellationRequested)
        {
            await Task.Delay(every, _context.Time, running.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            if (!running.IsCancellationRequested && (await _jobs.FindAsync(id))?.State != JobState.Running)
            {
                await running.CancelAsync();
            }
        }
    }

    private async Task JudgeAsync(StoredJob job, CancellationTokenSource running)
    {
        try
        {
            await JudgeRowsAsync(job, running.Token);
        }
        finally
        {
            await running.CancelAsync(); // nobody needs to look after it any more
            await _jobs.LetGoAsync(job.Id);
        }
    }

    /// <summary>Rows that nobody else judges, as many at a time as are judged at once, so that other servers get their part.</summary>
    private async IAsyncEnumerable<StoredJobRow> RowsAsync(string id)
    {
        while (await _jobs.TakeRowsAsync(id, Math.Max(1, _context.Judge.Concurrency)) is { Count: > 0 } rows)
        {
            foreach (StoredJobRow row in rows)
            {
                yield return row;
            }
        }
    }

    private async Task JudgeRowsAsync(StoredJob job, CancellationToken cancellationToken)
    {
        RowJudge judge = ScoreRoutes.JudgeOf(_context);
        Queue<Task> unwritten = [];
        try
        {
            await foreach (
                (long number, JudgedRow judged) in OrderedWindow.SelectAsync(
                    RowsAsync(job.Id),
                    _context.Judge.Concurrency,
                    JudgeRowAsync,
                    cancellationToken: cancellationToken
                )
            )
            {
                ArrayBufferWriter<byte> result = new();
                ScoreRoutes.Write(result, judged, job.WithReasoning);
                unwritten.Enqueue(WriteRowAsync(number, result.WrittenSpan.ToArray(), judged.Error is not null));
                while (unwritten.Count > MostUnwritten)
                {
                    await unwritten.Dequeue();
                }
            }
        }
        finally
        {
            await Task.WhenAll(unwritten);
        }

        async Task<(long, JudgedRow)> JudgeRowAsync(StoredJobRow row, CancellationToken stop) =>
            (row.Number, await judge.JudgeAsync(RowBody.RowOf(row.Place, row.IsLine, row.Text, row.Fault), stop));

        async Task WriteRowAsync(long number, byte[] result, bool isMissing)
        {
            await _jobs.FinishRowAsync(job.Id, number, result, isMissing);
            ReportChange();
        }
    }

    private void SetRunning((string Id, CancellationTokenSource Stop)? running)
    {
        lock (_gate)
        {
            _running = running;
        }
    }

    private void ReportChange()
    {
        TaskCompletionSource changed;
        lock (_gate)
        {
            changed = _changed;
            _changed = new(TaskCreationOptions.RunContinuationsAsynchronously);
        }

        changed.SetResult();
    }
}
