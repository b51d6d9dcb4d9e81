using System.Runtime.ExceptionServices;
using RewardReasoning.Ratings;

namespace RewardReasoning.Rankings;

/// <summary>The matches of one ranking: plays what the scheduler gives out, as far as the budget goes. For one use.</summary>
internal sealed class Tournament(
    IJudge judge,
    RankingOptions options,
    CandidatePool pool,
    IMatchScheduler scheduler,
    Func<Pairing, Comparison> compare,
    IProgress<RankingProgress>? progress
)
{
    /// <summary>How many matches are played first to learn what one costs, where tokens are limited.</summary>
    private const int Probes = 4;

    private readonly List<PlayedMatch> _matches = [];
    private readonly List<MatchResult> _results = [];
    private readonly Lock _progressLock = new();
    private int _ended;
    private Usage _usage = Usage.None;
    private Exception? _failure;

    public IMatchScheduler Scheduler => scheduler;

    /// <summary>The matches so far, in the order they were given out.</summary>
    public IReadOnlyList<PlayedMatch> Matches => _matches;

    /// <summary>The same with candidates in place of responses.</summary>
    public IReadOnlyList<MatchResult> Results => _results;

    public async Task PlayAsync(CancellationToken cancellationToken)
    {
        for (int round = 0; ; round++)
        {
            Queue<Pairing> waiting = new(scheduler.NextRound(_results));
            if (waiting.Count == 0)
            {
                return;
            }

            while (waiting.Count > 0)
            {
                int count = Affordable(waiting.Count);
                if (count == 0)
                {
                    return;
                }

                await PlayAsync([.. Enumerable.Range(0, count).Select(_ => waiting.Dequeue())], round, cancellationToken)
                    .ConfigureAwait(false);
            }
        }
    }

    private int Affordable(int wanted)
    {
        int matches = Math.Min(wanted, (options.MatchesFor(pool.Count) ?? int.MaxValue) - _matches.Count);
        if (options.MaxTokens is not { } tokens || matches == 0)
        {
            return matches;
        }

        if (_matches.Count == 0)
        {
            return Math.Min(matches, Probes);
        }

        long spent = _usage.PromptTokens + _usage.OutputTokens;
        double each = Math.Max(1, (double)spent / _matches.Count);
        return (int)Math.Min(matches, Math.Max(0, Math.Floor((tokens - spent) / each)));
    }

    private async Task PlayAsync(Pairing[] pairings, int round, CancellationToken cancellationToken)
    {
        PlayedMatch?[] played = new PlayedMatch?[pairings.Length];
        int[] repetitions =
        [
            .. pairings.Select((pairing, at) => Meetings(pairing) + pairings.Take(at).Count(other => other.Ordered == pairing.Ordered)),
        ];
        try
        {
            await Parallel
                .ForEachAsync(
                    Enumerable.Range(0, pairings.Length),
                    new ParallelOptions { MaxDegreeOfParallelism = options.Concurrency, CancellationToken = cancellationToken },
                    async (at, token) =>
                    {
                        played[at] = await PlayAsync(pairings[at], round, repetitions[at], token).ConfigureAwait(false);
                        Report(played[at]);
                    }
                )
                .ConfigureAwait(false);
        }
        finally
        {
            for (int at = 0; at < pairings.Length; at++)
            {
                if (played[at] is { } match)
                {
                    _matches.Add(match);
                    _results.Add(new(pairings[at].First, pairings[at].Second, match.Outcome));
                }
            }
        }

        if (_failure is { } failure && _matches.TrueForAll(match => match.Judgment is null))
        {
            ExceptionDispatchInfo.Throw(failure);
        }
    }

    private int Meetings(Pairing pairing) => _results.Count(result => new Pairing(result.First, result.Second).Ordered == pairing.Ordered);

    private async Task<PlayedMatch> PlayAsync(Pairing pairing, int round, int repetition, CancellationToken cancellationToken)
    {
        Pairing indices = new(pool.Judged(pairing.First), pool.Judged(pairing.Second));
        PlayedMatch match = new()
        {
            Round = round,
            First = indices.First,
            Second = indices.Second,
            Outcome = MatchOutcome.Missing,
            Repetition = repetition,
        };
        try
        {
            Judgment judgment = await (
                repetition > 0 && judge is IRepeatableJudge repeatable
                    ? repeatable.JudgeAsync(compare(indices), repetition, cancellationToken)
                    : judge.JudgeAsync(compare(indices), cancellationToken)
            ).ConfigureAwait(false);
            return match with { Outcome = judgment.Outcome, Judgment = judgment, MissingReason = judgment.MissingReason };
        }
        catch (Exception exception)
            when (!cancellationToken.IsCancellationRequested && FailurePolicy.ScopeOf(exception) != FailureScope.Run)
        {
            Interlocked.CompareExchange(ref _failure, exception, null);
            return match with { MissingReason = exception.Message };
        }
    }

    private void Report(PlayedMatch? match)
    {
        if (match is not null)
        {
            lock (_progressLock)
            {
                _usage += match.Judgment?.Usage ?? Usage.None;
                _ended++;
                int? planned = options.MatchesFor(pool.Count) is { } budget
                    ? Math.Min(budget, scheduler.Matches ?? budget)
                    : scheduler.Matches;
                progress?.Report(new(match, _ended, planned, _usage));
            }
        }
    }
}
