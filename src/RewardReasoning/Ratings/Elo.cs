namespace RewardReasoning.Ratings;

/// <summary>Constants of <see cref="Elo"/>; the defaults are those of the released reward reasoning code.</summary>
public sealed record EloOptions
{
    /// <summary>Everyone's rating before the first match.</summary>
    /// <value>1000.</value>
    public double Initial { get; init; } = 1000;

    /// <summary>The most that one match moves a rating.</summary>
    /// <value>4.</value>
    public double K { get; init; } = 4;

    /// <summary>The difference of ratings at which the odds are ten to one.</summary>
    /// <value>400.</value>
    public double Scale { get; init; } = 400;

    /// <summary>Whether a missing match counts half a point each, as in the released code; else it does not count.</summary>
    /// <value>false.</value>
    public bool MissingIsTie { get; init; }
}

/// <summary>
/// Elo ratings as the paper's released code computes them: match after match, r += K (points − 1 / (1 + 10^((other − r) / scale))).
/// The order of the matches counts; <see cref="BradleyTerry"/> has no such whim.
/// </summary>
public static class Elo
{
    /// <summary>Ratings of all players after the matches, played in the order given.</summary>
    /// <exception cref="ArgumentException">A match names a player that is not there, or one player twice.</exception>
    public static double[] Rate(int players, IReadOnlyList<MatchResult> matches, EloOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(matches);
        MatchResult.Check(players, matches);
        options ??= new();
        double[] ratings = new double[players];
        Array.Fill(ratings, options.Initial);
        foreach (MatchResult match in matches)
        {
            if ((match.FirstPoints ?? (options.MissingIsTie ? 0.5 : null)) is { } points)
            {
                double expected = 1 / (1 + Math.Pow(10, (ratings[match.Second] - ratings[match.First]) / options.Scale));
                double change = options.K * (points - expected);
                ratings[match.First] += change;
                ratings[match.Second] -= change;
            }
        }

        return ratings;
    }

    /// <summary>The paper's reward of a rating: (rating − 1000) / 200 + 0.5.</summary>
    public static double Reward(double rating) => ((rating - 1000) / 200) + 0.5;
}
