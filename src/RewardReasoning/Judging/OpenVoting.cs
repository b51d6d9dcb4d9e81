namespace RewardReasoning.Judging;

/// <summary>
/// The voting on one comparison whose end the caller decides, such as a budget over many comparisons. One call at a time; the votes are
/// the first ones of the judge's fixed series.
/// </summary>
internal sealed class OpenVoting(Ballot ballot, Func<Ballot, VotingEnd, (Verdict Winner, DrawBreak BrokenBy), Judgment> judgmentOf)
{
    /// <summary>Votes for the caller's first response.</summary>
    public int First => ballot.Majority.First;

    /// <summary>Votes for the caller's second response.</summary>
    public int Second => ballot.Majority.Second;

    /// <summary>Completions asked for so far, missing ones included.</summary>
    public int Asked => ballot.Votes.Count;

    /// <summary>The most completions that may be asked for.</summary>
    public int MaxVotes => ballot.MaxVotes;

    /// <summary>Completions that are asked for at once: 2 where every vote is asked in both orders.</summary>
    public int Step => ballot.Step;

    /// <summary>What the votes so far took; their times add up.</summary>
    public Usage Usage { get; private set; } = Usage.None;

    /// <summary>Tokens written so far.</summary>
    public long Tokens => Usage.OutputTokens;

    /// <summary>
    /// How unsure the first vote was of its own verdict, from 0 to 1/2: the probability of the other response at the verdict token. 1 where
    /// that vote is missing, null where there is none or it has no log-probs.
    /// </summary>
    public double? Doubt =>
        ballot.Votes is not [{ } first, ..] ? null
        : first.Verdict == Verdict.Unparsable ? 1
        : first.FirstProbability is { } probability ? Math.Min(probability, 1 - probability)
        : null;

    /// <summary>Asks for one further vote; for one in each order where the judge asks in both.</summary>
    /// <exception cref="Exception">Every request so far failed, one with what ends the row; or one with what ends the run.</exception>
    public async Task AskAsync(CancellationToken cancellationToken)
    {
        int before = ballot.Votes.Count;
        try
        {
            await ballot.AskAsync(Math.Min(ballot.Step, ballot.MaxVotes - before), cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            Usage = ballot.Votes.Skip(before).Aggregate(Usage, (sum, vote) => sum + vote.Usage);
        }
    }

    /// <summary>What the votes so far come to.</summary>
    /// <exception cref="InvalidOperationException">No vote was asked for.</exception>
    /// <exception cref="Exception">Every request failed: the first failure, as it came from the client.</exception>
    public async Task<Judgment> EndAsync(CancellationToken cancellationToken)
    {
        if (Asked == 0)
        {
            throw new InvalidOperationException("Voting cannot end before it has begun.");
        }

        ballot.ThrowIfAllFailed();
        VotingEnd end = StoppingRule.EndAt(new VoteStopping.Certain(), First, Second, MaxVotes - Asked) ?? VotingEnd.Budget;
        return judgmentOf(ballot, end, await ballot.SettleAsync(cancellationToken).ConfigureAwait(false));
    }
}
