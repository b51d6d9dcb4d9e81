namespace RewardReasoning.Rankings;

/// <summary>
/// Orders responses to one query by matches between them, each of which is a judgment. Equal inputs and a judge that repeats itself give
/// equal rankings, whatever runs at once and however the caller numbers the responses. Safe to use from many threads.
/// </summary>
public sealed class Ranker
{
    private readonly IJudge _judge;
    private readonly RankingOptions _options;
    private readonly TimeProvider _time;

    /// <summary>A ranker over a judge.</summary>
    /// <param name="judge">Judges the matches; one that is <see cref="IRepeatableJudge"/> may be asked about the same two again.</param>
    /// <param name="options">How to rank; the defaults if null.</param>
    /// <param name="time">Clock for the time that a ranking takes; the system's if null.</param>
    /// <exception cref="ArgumentException">The options have faults; the message lists all of them.</exception>
    public Ranker(IJudge judge, RankingOptions? options = null, TimeProvider? time = null)
    {
        ArgumentNullException.ThrowIfNull(judge);
        _judge = judge;
        _options = options ?? new();
        _options.Validate();
        _time = time ?? TimeProvider.System;
    }

    /// <summary>
    /// Ranks the responses. A match whose judgment is missing, or failed, does not count, and a response without a decided match has no
    /// reward. A failure that ends the run (<see cref="FailurePolicy"/>), and the first one where no match was judged at all, is thrown.
    /// </summary>
    /// <param name="query">The user's request.</param>
    /// <param name="responses">At least one; identical ones are one candidate.</param>
    /// <param name="progress">Told of every match that ends; null if nobody wants to know.</param>
    /// <param name="cancellationToken">Ends the ranking early, without losing what was judged.</param>
    /// <exception cref="ArgumentException">There are no responses.</exception>
    /// <exception cref="RankingCancelledException">The token was cancelled; it holds the ranking by the matches so far.</exception>
    public async Task<Ranking> RankAsync(
        string query,
        IReadOnlyList<string> responses,
        IProgress<RankingProgress>? progress = null,
        CancellationToken cancellationToken = default
    )
    {
        ArgumentNullException.ThrowIfNull(query);
        ArgumentNullException.ThrowIfNull(responses);
        if (responses.Count == 0)
        {
            throw new ArgumentException("There are no responses; a ranking needs at least one.", nameof(responses));
        }

        long start = _time.GetTimestamp();
        CandidatePool pool = CandidatePool.Of(query, responses, _options.Seed, _options.FinalAnswer);
        IMatchScheduler scheduler = _options.ModeFor(pool.Count).Schedule(pool.Count, _options.Seed, _judge is IRepeatableJudge);
        Tournament tournament = new(
            _judge,
            _options,
            pool,
            scheduler,
            index => new(query, responses[index.First], responses[index.Second]),
            progress
        );
        try
        {
            await tournament.PlayAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            throw new RankingCancelledException(
                RankingTable.Of(tournament, pool, _options, _time.GetElapsedTime(start), cancelled: true),
                cancellationToken
            );
        }

        return RankingTable.Of(tournament, pool, _options, _time.GetElapsedTime(start));
    }
}
