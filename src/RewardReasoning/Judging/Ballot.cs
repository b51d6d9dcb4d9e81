using System.Runtime.ExceptionServices;
using RewardReasoning.Calibration;

namespace RewardReasoning.Judging;

/// <summary>The votes of one comparison: asks for them as far as the stopping rule needs them, and settles a draw. For one use.</summary>
internal sealed class Ballot(VoteCaster caster, JudgeOptions options, Comparison judged, int repetition, Action<JudgmentEvent>? listener)
{
    private const int CoinBit = 1;

    /// <summary>Below this a mean is rounding, which must not decide: it need not come out mirrored for a mirrored comparison.</summary>
    private const double EvenLogOdds = 1e-9;

    /// <summary>
    /// Index of the first vote. A repetition starts after the indices that earlier ones could have used, so no seed comes twice; their odd
    /// number turns the order round in which the first vote is shown the responses.
    /// </summary>
    private readonly int _firstIndex =
        repetition * ((options.Order.Completions(options.Votes) + options.Order.Completions(options.FurtherVotesOnDraw)) | 1);

    private readonly byte[] _hash = ComparisonHash.OfUnorderedPair(judged);
    private readonly List<Vote> _votes = [];
    private readonly List<Exception> _failures = [];

    /// <summary>The votes so far, in the order of their index.</summary>
    public IReadOnlyList<Vote> Votes => _votes;

    /// <summary>Their count.</summary>
    public MajorityVote Majority { get; private set; } = new(0, 0, 0);

    /// <summary>The most completions that voting takes, before those that a draw costs.</summary>
    public int MaxVotes { get; } = options.Order.Completions(options.Votes);

    /// <summary>Completions that belong together: 2 where every vote is asked in both orders.</summary>
    public int Step { get; } = options.Order.Completions(1);

    /// <summary>
    /// Asks for votes until the rule ends it: as many at once as it takes to end at the earliest, so that none is asked for in vain and
    /// none is waited for that could run beside another.
    /// </summary>
    /// <exception cref="Exception">
    /// Every request failed: the first failure, as it came from the client; one that ends the row ends the voting at once. Or one failed
    /// with
    /// what ends the run.
    /// </exception>
    public async Task<VotingEnd> VoteAsync(CancellationToken cancellationToken)
    {
        VotingEnd? end;
        while ((end = StoppingRule.EndAt(options.Stopping, Majority.First, Majority.Second, MaxVotes - _votes.Count)) is null)
        {
            // While no request has come through, to wait round by round for a server that may be gone saves nothing.
            int remaining = MaxVotes - _votes.Count;
            int count =
                _votes.Count > 0 && _failures.Count == _votes.Count
                    ? remaining
                    : StoppingRule.FewestToEnd(options.Stopping, Majority.First, Majority.Second, remaining, Step);
            await AskAsync(count, cancellationToken).ConfigureAwait(false);
        }

        ThrowIfAllFailed();
        return end.Value;
    }

    /// <summary>Asks for this many further votes.</summary>
    /// <exception cref="Exception">Every request so far failed, one with what ends the row; or one with what ends the run.</exception>
    public async Task AskAsync(int count, CancellationToken cancellationToken)
    {
        await CastAsync(count, cancellationToken).ConfigureAwait(false);
        if (_failures.Count == _votes.Count && _failures.Find(EndsTheRow) is { } refusal)
        {
            ExceptionDispatchInfo.Throw(refusal);
        }
    }

    /// <summary>Throws the first failure, as it came from the client, where every request failed.</summary>
    public void ThrowIfAllFailed()
    {
        if (_failures.Count == _votes.Count)
        {
            ExceptionDispatchInfo.Throw(_failures[0]);
        }
    }

    /// <summary>
    /// The winner, and what settled a draw: the mean log-odds at the verdict tokens where all are known, else further votes, else a coin.
    /// <see cref="Verdict.Unparsable"/> where every vote is missing.
    /// </summary>
    public async Task<(Verdict Winner, DrawBreak BrokenBy)> SettleAsync(CancellationToken cancellationToken)
    {
        if (!Majority.IsDraw)
        {
            return (Majority.Winner, DrawBreak.None);
        }

        if (ByLogOdds() is var likelier and not Verdict.Unparsable)
        {
            return (likelier, DrawBreak.LogOdds);
        }

        for (int asked = 0; asked < options.FurtherVotesOnDraw && Majority.IsDraw; asked++)
        {
            await CastAsync(Step, cancellationToken).ConfigureAwait(false);
        }

        return Majority.IsDraw ? (ComparisonHash.PickOne(judged, CoinBit), DrawBreak.Coin) : (Majority.Winner, DrawBreak.FurtherVotes);
    }

    private static bool EndsTheRow(Exception failure) => FailurePolicy.ScopeOf(failure) == FailureScope.Row;

    private async Task CastAsync(int count, CancellationToken cancellationToken)
    {
        (Vote Vote, Exception? Failure)[] cast = await Task.WhenAll(
                Enumerable
                    .Range(_firstIndex + _votes.Count, count)
                    .Select(index => caster.CastAsync(judged, _hash, index, listener, cancellationToken))
            )
            .ConfigureAwait(false);
        _votes.AddRange(cast.Select(one => one.Vote));
        _failures.AddRange(cast.Select(one => one.Failure).OfType<Exception>());
        Majority = MajorityVote.Of(_votes, options.Ties);
    }

    private Verdict ByLogOdds()
    {
        List<double?> probabilities = [.. _votes.Where(vote => vote.Verdict != Verdict.Unparsable).Select(vote => vote.FirstProbability)];
        double? mean = probabilities.Average(probability => probability is { } known ? ConfidenceMap.LogOdds(known) : null);
        return probabilities.Contains(null) || mean is null || Math.Abs(mean.Value) < EvenLogOdds ? Verdict.Unparsable
            : mean > 0 ? Verdict.First
            : Verdict.Second;
    }
}
