namespace RewardReasoning.Judging;

/// <summary>
/// The arithmetic of <see cref="VoteStopping"/>, after a votes for the leader, b for the other, and with r completions still to come at
/// most, each of which may turn out missing. Certain: a - b &gt; r, for then even r votes against the leader leave it ahead, without a draw
/// that would have to be broken. Confidence p: P(leader's vote probability &gt; 1/2) &gt;= p under the Beta(1,1) posterior.
/// </summary>
internal static class StoppingRule
{
    /// <summary>Rounding of the posterior, which must not cost a vote: 3/4 counts as 0.75.</summary>
    private const double Rounding = 1e-12;

    /// <summary>Why voting ends here; null where it continues.</summary>
    /// <param name="stopping">The rule.</param>
    /// <param name="first">Votes so far for one response.</param>
    /// <param name="second">Votes so far for the other.</param>
    /// <param name="remaining">Completions that could still be asked for.</param>
    public static VotingEnd? EndAt(VoteStopping stopping, int first, int second, int remaining)
    {
        ArgumentNullException.ThrowIfNull(stopping);
        ArgumentOutOfRangeException.ThrowIfNegative(remaining);
        int leader = Math.Max(first, second),
            other = Math.Min(first, second);
        bool certain = leader - other > remaining;
        return remaining == 0
            ? VotingEnd.AllVotes
            : stopping switch
            {
                VoteStopping.Certain when certain => VotingEnd.Certain,
                VoteStopping.Confidence confidence when BetaPosterior.LeaderProbability(leader, other) >= confidence.Level - Rounding =>
                    VotingEnd.Confident,
                VoteStopping.Confidence { OrCertain: true } when certain => VotingEnd.Certain,
                _ => null,
            };
    }

    /// <summary>
    /// The fewest further completions after which voting could end, were they all votes for the leader: up to that many may be asked for at
    /// once
    /// without asking for one too many. 0 exactly where it ends now.
    /// </summary>
    /// <param name="stopping">The rule.</param>
    /// <param name="first">Votes so far for one response.</param>
    /// <param name="second">Votes so far for the other.</param>
    /// <param name="remaining">Completions that could still be asked for.</param>
    /// <param name="step">Completions that belong together: 2 where every vote is asked in both orders.</param>
    public static int FewestToEnd(VoteStopping stopping, int first, int second, int remaining, int step = 1)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(step, 1);
        int leader = Math.Max(first, second),
            other = Math.Min(first, second);
        int more = stopping is VoteStopping.Fixed ? remaining : 0;
        while (EndAt(stopping, leader + more, other, remaining - more) is null)
        {
            more = Math.Min(more + step, remaining);
        }

        return more;
    }
}
