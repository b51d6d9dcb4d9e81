namespace RewardReasoning.Calibration;

/// <summary>Maps the confidence of the votes to a calibrated one: 90 % then means right 90 % of the time.</summary>
public abstract record ConfidenceMap
{
    private const double Extreme = 1e-6;

    private ConfidenceMap() { }

    /// <summary>Log-odds of a probability, kept finite: within ±ln(10^6), about 13.8.</summary>
    public static double LogOdds(double probability)
    {
        double kept = Math.Clamp(probability, Extreme, 1 - Extreme);
        return Math.Log(kept / (1 - kept));
    }

    /// <summary>The calibrated confidence, 0 to 1; never falls where the confidence rises.</summary>
    public abstract double Apply(double confidence);

    /// <summary>
    /// Temperature scaling: σ(logit(c) / T). Above 1 the judge is surer than it is right; 0.5 stays 0.5. Log-odds are kept within
    /// ±ln(10^6) (<see cref="LogOdds"/>).
    /// </summary>
    /// <param name="Value">T, above 0.</param>
    public sealed record Temperature(double Value) : ConfidenceMap
    {
        /// <inheritdoc/>
        public override double Apply(double confidence) => 1 / (1 + Math.Exp(-LogOdds(confidence) / Value));
    }

    /// <summary>Isotonic regression: straight lines between the knots, and the value of the nearest one beyond them.</summary>
    /// <param name="Knots">At least one, by rising confidence; their values never fall.</param>
    public sealed record Isotonic(IReadOnlyList<CalibrationKnot> Knots) : ConfidenceMap
    {
        /// <inheritdoc/>
        public override double Apply(double confidence)
        {
            int above = 0;
            while (above < Knots.Count && Knots[above].Confidence < confidence)
            {
                above++;
            }

            if (above == 0 || above == Knots.Count)
            {
                return Knots[Math.Min(above, Knots.Count - 1)].Value;
            }

            CalibrationKnot left = Knots[above - 1],
                right = Knots[above];
            return left.Value + ((right.Value - left.Value) * (confidence - left.Confidence) / (right.Confidence - left.Confidence));
        }
    }
}

/// <summary>One point of an isotonic map.</summary>
/// <param name="Confidence">The uncalibrated confidence, 0 to 1.</param>
/// <param name="Value">The calibrated confidence there, 0 to 1.</param>
public readonly record struct CalibrationKnot(double Confidence, double Value);
