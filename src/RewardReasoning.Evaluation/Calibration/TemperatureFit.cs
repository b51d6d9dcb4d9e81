using RewardReasoning.Calibration;

namespace RewardReasoning.Evaluation.Calibration;

/// <summary>
/// Fits T of σ(x/T), x = logit(confidence), by maximum likelihood: with b = 1/T the log-likelihood Σ t ln σ(bx) + (1 - t) ln σ(-bx) is
/// concave, and its slope Σ x (t - σ(bx)) falls to 0 at the best b. The targets t are Platt's, (n₊ + 1)/(n₊ + 2) for the n₊ right claims
/// and 1/(n₋ + 2) for the n₋ wrong ones, in place of 1 and 0: a judge that was never wrong in a few rows is not taken for infallible.
/// </summary>
internal static class TemperatureFit
{
    /// <summary>
    /// T is between this and its inverse; a judge that is more often wrong than right ends at the upper bound: 0.5, nearly.
    /// </summary>
    private const double SmallestTemperature = 0.01;

    /// <summary>Halvings of the interval of ln b, more than a double can tell apart.</summary>
    private const int Halvings = 100;

    /// <summary>The temperature; 1 where no confidence differs from 0.5, so that nothing can be said.</summary>
    public static ConfidenceMap.Temperature Fit(IReadOnlyList<double> confidences, IReadOnlyList<bool> right)
    {
        ArgumentNullException.ThrowIfNull(confidences);
        ArgumentNullException.ThrowIfNull(right);
        double[] logOdds = [.. confidences.Select(ConfidenceMap.LogOdds)];
        if (Array.TrueForAll(logOdds, x => x == 0))
        {
            return new(1);
        }

        int rights = right.Count(isRight => isRight);
        double targetOfRight = (rights + 1.0) / (rights + 2),
            targetOfWrong = 1.0 / (right.Count - rights + 2);
        double low = Math.Log(SmallestTemperature),
            high = -low;
        for (int i = 0; i < Halvings; i++)
        {
            double middle = (low + high) / 2;
            (low, high) = Slope(Math.Exp(middle)) > 0 ? (middle, high) : (low, middle);
        }

        return new(Math.Exp(-(low + high) / 2));

        double Slope(double b)
        {
            double slope = 0;
            for (int i = 0; i < logOdds.Length; i++)
            {
                slope += logOdds[i] * ((right[i] ? targetOfRight : targetOfWrong) - (1 / (1 + Math.Exp(-b * logOdds[i]))));
            }

            return slope;
        }
    }
}
