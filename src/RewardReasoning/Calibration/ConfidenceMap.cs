using RewardReasoning.Judging;

namespace RewardReasoning.Calibration;

/// <summary>From the confidence that follows from the votes alone to one that is right as often as it says.</summary>
public abstract record ConfidenceMap
{
    private ConfidenceMap() { }

    /// <summary>The calibrated confidence, 0 to 1; never falls where the confidence rises.</summary>
    public abstract double Apply(double confidence);

    /// <summary>
    /// Temperature scaling: σ(logit(c) / T). Above 1 the judge is surer than it is right; 0.5 stays 0.5. Log-odds are kept within
    /// ±ln(10^6) (<see cref="SoftVerdict.LogOdds"/>).
    /// </summary>
    /// <param name="Value">T, above 0.</param>
    public sealed record Temperature(double Value) : ConfidenceMap
    {
        /// <inheritdoc/>
        public override double Apply(double confidence) => 1 / (1 + Math.Exp(-SoftVerdict.LogOdds(confidence) / Value));
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
/// <param name="Confidence">Where it lies, 0 to 1.</param>
/// <param name="Value">The calibrated confidence there, 0 to 1.</param>
public readonly record struct CalibrationKnot(double Confidence, double Value);
