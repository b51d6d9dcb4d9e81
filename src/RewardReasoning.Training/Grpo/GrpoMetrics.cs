namespace RewardReasoning.Training.Grpo;

/// <summary>
/// What one loss computation saw, as sums over its tokens and as losses already divided by the counts of the whole batch: the
/// metrics of micro-batches <see cref="Add"/> up to those of the batch.
/// </summary>
public sealed record GrpoMetrics
{
    /// <summary>The nothing to start adding from.</summary>
    public static GrpoMetrics Zero { get; } = new();

    /// <summary>The objective that is minimised.</summary>
    public double Loss { get; init; }

    /// <summary>Its policy part.</summary>
    public double PolicyLoss { get; init; }

    /// <summary>The aggregated KL to the reference, before its coefficient; 0 without a reference.</summary>
    public double KlLoss { get; init; }

    /// <summary>The aggregated entropy, before its coefficient; 0 where none was given.</summary>
    public double Entropy { get; init; }

    /// <summary>Trained tokens seen.</summary>
    public double Tokens { get; init; }

    /// <summary>Tokens of negative advantage whose ratio was clipped at 1 − ε_low.</summary>
    public double ClippedLow { get; init; }

    /// <summary>Tokens of positive advantage whose ratio was clipped at 1 + ε_high.</summary>
    public double ClippedHigh { get; init; }

    /// <summary>Tokens caught by the dual clip.</summary>
    public double DualClipped { get; init; }

    /// <summary>Σ (old − new log-prob).</summary>
    public double LogRatioDrop { get; init; }

    /// <summary>Share of tokens clipped on either side (verl's pg_clipfrac).</summary>
    public double ClipFraction => PerToken(ClippedLow + ClippedHigh);

    /// <summary>Share of tokens caught by the dual clip (verl's pg_clipfrac_lower).</summary>
    public double LowerClipFraction => PerToken(DualClipped);

    /// <summary>Mean of old − new log-prob: an estimate of the KL from the sampling weights (verl's ppo_kl).</summary>
    public double ApproximateKl => PerToken(LogRatioDrop);

    /// <summary>The metrics of both micro-batches together.</summary>
    public GrpoMetrics Add(GrpoMetrics other)
    {
        ArgumentNullException.ThrowIfNull(other);
        return new GrpoMetrics
        {
            Loss = Loss + other.Loss,
            PolicyLoss = PolicyLoss + other.PolicyLoss,
            KlLoss = KlLoss + other.KlLoss,
            Entropy = Entropy + other.Entropy,
            Tokens = Tokens + other.Tokens,
            ClippedLow = ClippedLow + other.ClippedLow,
            ClippedHigh = ClippedHigh + other.ClippedHigh,
            DualClipped = DualClipped + other.DualClipped,
            LogRatioDrop = LogRatioDrop + other.LogRatioDrop,
        };
    }

    private double PerToken(double sum) => Tokens > 0 ? sum / Tokens : 0;
}
