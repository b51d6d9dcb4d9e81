namespace RewardReasoning.Ratings;

/// <summary>How ratings are computed.</summary>
public enum RatingMethod
{
    /// <summary>Order-free, with intervals.</summary>
    BradleyTerry,

    /// <summary>The same with ties as a third result (Davidson), not as half a point each.</summary>
    Davidson,

    /// <summary>The paper's; depends on the order of the matches, and has no intervals.</summary>
    Elo,
}

/// <summary>One player of a leaderboard.</summary>
/// <param name="Player">The player's number.</param>
/// <param name="Rating">On the Elo scale.</param>
public sealed record Standing(int Player, double Rating)
{
    /// <summary>Lower end of a 95 % interval of the rating; null with Elo.</summary>
    public double? Low { get; init; }

    /// <summary>Upper end of that interval.</summary>
    public double? High { get; init; }

    /// <summary>Matches won.</summary>
    public int Wins { get; init; }

    /// <summary>Matches lost.</summary>
    public int Losses { get; init; }

    /// <summary>Matches tied.</summary>
    public int Ties { get; init; }

    /// <summary>The standings of players 0 to n − 1, in that order.</summary>
    /// <exception cref="ArgumentException">A match names a player that is not there, or one player twice.</exception>
    public static IReadOnlyList<Standing> Of(int players, IReadOnlyList<MatchResult> matches, BradleyTerryFit fit)
    {
        ArgumentNullException.ThrowIfNull(fit);
        return
        [
            .. Counted(players, matches)
                .Select(standing =>
                    standing with
                    {
                        Rating = fit.Rating(standing.Player),
                        Low = fit.Low(standing.Player),
                        High = fit.High(standing.Player),
                    }
                ),
        ];
    }

    /// <summary>The standings of players 0 to n − 1, in that order, by ratings without intervals.</summary>
    /// <exception cref="ArgumentException">A match names a player that is not there, or one player twice.</exception>
    public static IReadOnlyList<Standing> Of(int players, IReadOnlyList<MatchResult> matches, IReadOnlyList<double> ratings)
    {
        ArgumentNullException.ThrowIfNull(ratings);
        return [.. Counted(players, matches).Select(standing => standing with { Rating = ratings[standing.Player] })];
    }

    private static Standing[] Counted(int players, IReadOnlyList<MatchResult> matches)
    {
        ArgumentNullException.ThrowIfNull(matches);
        MatchResult.Check(players, matches);
        int[] wins = new int[players];
        int[] losses = new int[players];
        int[] ties = new int[players];
        foreach ((int first, int second, MatchOutcome outcome) in matches)
        {
            switch (outcome)
            {
                case MatchOutcome.First:
                    wins[first]++;
                    losses[second]++;
                    break;
                case MatchOutcome.Second:
                    wins[second]++;
                    losses[first]++;
                    break;
                case MatchOutcome.Tie:
                    ties[first]++;
                    ties[second]++;
                    break;
            }
        }

        return
        [
            .. Enumerable
                .Range(0, players)
                .Select(player => new Standing(player, 0)
                {
                    Wins = wins[player],
                    Losses = losses[player],
                    Ties = ties[player],
                }),
        ];
    }
}
