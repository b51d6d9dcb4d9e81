namespace RewardReasoning.Server.Rewards;

/// <summary>Looks for a standstill that only clients can end: every waiting member holds a connection, and no other comes.</summary>
/// <param name="options">When it counts as one, and who is warned.</param>
/// <param name="time">The clock.</param>
internal sealed class StarvationWatch(RewardOptions options, TimeProvider time)
{
    private long _lastMove = time.GetTimestamp();

    /// <summary>A member came, or a match or a cohort ended.</summary>
    public void Moved() => _lastMove = time.GetTimestamp();

    /// <summary>Marks the cohorts that starve. For callers that hold the gate.</summary>
    /// <param name="cohorts">All cohorts.</param>
    /// <param name="isJudging">Whether a match is with the judge.</param>
    /// <param name="held">Requests that are held.</param>
    public void Look(IEnumerable<Cohort> cohorts, bool isJudging, int held)
    {
        Cohort[] collecting = [.. cohorts.Where(cohort => cohort.State == RewardAnswer.Collecting)];
        TimeSpan still = time.GetElapsedTime(_lastMove);
        bool starving =
            collecting.Length > 1
            && !isJudging
            && held > 0
            && still >= options.StarvingAfter
            && Array.TrueForAll(collecting, cohort => cohort.Members.Values.All(member => member.Connections > 0));
        if (starving && !Array.Exists(collecting, cohort => cohort.IsStarving))
        {
            RewardTelemetry.Count("starvation");
            options.OnWarning?.Invoke(
                FormattableString.Invariant($"{collecting.Length} groups wait for members, {held} connections are held and nothing has ")
                    + FormattableString.Invariant($"come for {still.TotalSeconds:0} s: the client seems to hold back the others ")
                    + "until these are answered. Let it submit and poll, or open more connections."
            );
        }

        foreach (Cohort cohort in collecting)
        {
            cohort.IsStarving = starving;
        }
    }
}
