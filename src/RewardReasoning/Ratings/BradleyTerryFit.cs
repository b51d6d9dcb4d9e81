namespace RewardReasoning.Ratings;

/// <summary>
/// Fitted strengths with what is uncertain about them, and the same on the Elo scale: 400 / ln 10 to the logit, 1000 for the mean.
/// </summary>
public sealed record BradleyTerryFit
{
    private const double RatingOfMean = 1000;
    private static readonly double PerLogit = 400 / Math.Log(10);

    /// <summary>Strengths in logits; they add up to 0.</summary>
    public required IReadOnlyList<double> Strengths { get; init; }

    /// <summary>
    /// Roots of the diagonal of the covariance of the strengths, by the observed information and the prior, on the subspace of sum 0: the
    /// common shift, which no match says anything about, is left out.
    /// </summary>
    public required IReadOnlyList<double> StandardErrors { get; init; }

    /// <summary>
    /// ν of Davidson's model, where ties were fitted as a third result: between equals a tie has the probability ν/(2 + ν). Null where a
    /// tie is half a point each.
    /// </summary>
    public double? TieParameter { get; init; }

    /// <summary>A player's strength on the Elo scale.</summary>
    public double Rating(int player) => OnEloScale(Strengths[player]);

    /// <summary>Lower end of a 95 % interval of <see cref="Rating"/>.</summary>
    public double Low(int player) => OnEloScale(Strengths[player] - (NormalDistribution.Z95 * StandardErrors[player]));

    /// <summary>Upper end of a 95 % interval of <see cref="Rating"/>.</summary>
    public double High(int player) => OnEloScale(Strengths[player] + (NormalDistribution.Z95 * StandardErrors[player]));

    /// <summary>The probability that one player beats another; with <see cref="TieParameter"/>, half that of a tie is added.</summary>
    public double WinProbability(int player, int other)
    {
        double difference = Strengths[player] - Strengths[other];
        return TieParameter is { } tie && Davidson.Probabilities(difference, Math.Log(tie)) is var (wins, _, ties)
            ? wins + (ties / 2)
            : Logistic.Of(difference);
    }

    private static double OnEloScale(double strength) => RatingOfMean + (PerLogit * strength);
}
