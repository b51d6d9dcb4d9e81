namespace RewardReasoning.Rankings;

/// <summary>What one response is worth by its matches against reference responses.</summary>
internal static class ReferenceScore
{
    /// <summary>
    /// The mean of its win rate under a Beta(½,½) prior, in (0,1): one win is 0.75, one loss 0.25, and a tie half of each. Null without a
    /// decided match.
    /// </summary>
    public static double? Of(int wins, int losses, int ties) =>
        wins + losses + ties == 0 ? null : (wins + (0.5 * ties) + 0.5) / (wins + losses + ties + 1);
}
