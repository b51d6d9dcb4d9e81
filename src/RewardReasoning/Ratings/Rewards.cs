namespace RewardReasoning.Ratings;

/// <summary>What a reward of a candidate is made of.</summary>
public enum RewardKind
{
    /// <summary>The mean probability, by the Bradley-Terry strengths, of beating another of the cohort.</summary>
    WinProbability,

    /// <summary>Points per match; a tie is half a point.</summary>
    WinRate,

    /// <summary>The paper's: (elo − 1000) / 200 + 0.5.</summary>
    Elo,
}

/// <summary>Rewards of a cohort, for training on them.</summary>
public static class Rewards
{
    /// <summary>Each player's mean probability of beating another; one half for a player alone.</summary>
    public static double[] WinProbabilities(BradleyTerryFit fit)
    {
        ArgumentNullException.ThrowIfNull(fit);
        int players = fit.Strengths.Count;
        return
        [
            .. Enumerable
                .Range(0, players)
                .Select(player =>
                    players == 1
                        ? 0.5
                        : Enumerable.Range(0, players).Where(other => other != player).Average(other => fit.WinProbability(player, other))
                ),
        ];
    }

    /// <summary>Each player's points per match; null for a player without one.</summary>
    public static double?[] WinRates(int players, IReadOnlyList<MatchResult> matches)
    {
        ArgumentNullException.ThrowIfNull(matches);
        MatchResult.Check(players, matches);
        double[] points = new double[players];
        int[] played = new int[players];
        foreach (MatchResult match in matches)
        {
            if (match.FirstPoints is { } first)
            {
                points[match.First] += first;
                points[match.Second] += 1 - first;
                played[match.First]++;
                played[match.Second]++;
            }
        }

        return [.. points.Select((sum, player) => played[player] == 0 ? (double?)null : sum / played[player])];
    }

    /// <summary>
    /// Standardised rewards: the mean subtracted, divided by the standard deviation (of a sample, n − 1); missing ones stay missing. All 0
    /// where they do not
    /// differ.
    /// </summary>
    public static double?[] Standardised(IReadOnlyList<double?> rewards)
    {
        ArgumentNullException.ThrowIfNull(rewards);
        double[] known = [.. rewards.OfType<double>()];
        if (known.Length == 0)
        {
            return [.. rewards];
        }

        double mean = known.Average();
        double deviation = known.Length < 2 ? 0 : Math.Sqrt(known.Sum(reward => (reward - mean) * (reward - mean)) / (known.Length - 1));
        return
        [
            .. rewards.Select(reward =>
                reward is { } value ? (known.Max() == known.Min() ? 0 : (value - mean) / deviation) : (double?)null
            ),
        ];
    }
}
