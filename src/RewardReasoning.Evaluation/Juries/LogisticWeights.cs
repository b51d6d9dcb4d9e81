using System.Numerics.Tensors;
using RewardReasoning.Ratings;

namespace RewardReasoning.Evaluation.Juries;

/// <summary>
/// Weights w of P(right) = σ(w·x) with the least Σ ln(1 + e^(∓w·x)) + λ|w|²/2, by Newton's method with halved steps. There is no constant,
/// so that exchanging the two responses of a pair, which turns all signs, mirrors the probability.
/// </summary>
internal static class LogisticWeights
{
    private const int MostSteps = 100;
    private const int MostHalvings = 30;
    private const double SmallestGain = 1e-12;

    /// <summary>The weights.</summary>
    /// <param name="signals">What each case shows: x.</param>
    /// <param name="outcomes">Whether it is so.</param>
    /// <param name="lambda">The penalty, above 0.</param>
    public static double[] Fit(IReadOnlyList<double[]> signals, IReadOnlyList<bool> outcomes, double lambda)
    {
        int size = signals.Count == 0 ? 0 : signals[0].Length;
        double[] weights = new double[size];
        double loss = LossOf(weights, signals, outcomes, lambda);
        for (int step = 0; step < MostSteps; step++)
        {
            double[] direction = NewtonStep(weights, signals, outcomes, lambda);
            double[] next = weights;
            double reached = loss;
            double length = 1;
            for (int halving = 0; halving < MostHalvings; halving++, length /= 2)
            {
                next = [.. weights.Zip(direction, (weight, change) => weight + (length * change))];
                reached = LossOf(next, signals, outcomes, lambda);
                if (reached <= loss)
                {
                    break;
                }
            }

            bool ends = loss - reached < SmallestGain * (1 + Math.Abs(loss));
            if (reached <= loss)
            {
                (weights, loss) = (next, reached);
            }

            if (ends)
            {
                break;
            }
        }

        return weights;
    }

    /// <summary>σ(w·x).</summary>
    public static double Probability(ReadOnlySpan<double> weights, ReadOnlySpan<double> signals) =>
        1 / (1 + Math.Exp(-TensorPrimitives.Dot(weights, signals)));

    /// <summary>-ln of the probability of what came.</summary>
    public static double LogLoss(ReadOnlySpan<double> weights, ReadOnlySpan<double> signals, bool outcome)
    {
        double margin = TensorPrimitives.Dot(weights, signals) * (outcome ? 1 : -1);
        return margin > 0 ? Math.Log(1 + Math.Exp(-margin)) : Math.Log(1 + Math.Exp(margin)) - margin;
    }

    private static double LossOf(double[] weights, IReadOnlyList<double[]> signals, IReadOnlyList<bool> outcomes, double lambda)
    {
        double loss = lambda / 2 * TensorPrimitives.SumOfSquares<double>(weights);
        for (int i = 0; i < signals.Count; i++)
        {
            loss += LogLoss(weights, signals[i], outcomes[i]);
        }

        return loss;
    }

    private static double[] NewtonStep(double[] weights, IReadOnlyList<double[]> signals, IReadOnlyList<bool> outcomes, double lambda)
    {
        double[] slope = [.. weights.Select(weight => -lambda * weight)];
        double[][] curvature = [.. Enumerable.Range(0, weights.Length).Select(row => new double[row + 1])];
        for (int row = 0; row < weights.Length; row++)
        {
            curvature[row][row] = lambda;
        }

        for (int i = 0; i < signals.Count; i++)
        {
            double[] x = signals[i];
            double p = Probability(weights, x);
            TensorPrimitives.MultiplyAdd(x, (outcomes[i] ? 1 : 0) - p, slope, slope);
            for (int row = 0; row < x.Length; row++)
            {
                if (x[row] != 0)
                {
                    TensorPrimitives.MultiplyAdd(x.AsSpan(0, row + 1), p * (1 - p) * x[row], curvature[row], curvature[row]);
                }
            }
        }

        Cholesky.Factorise(curvature);
        return Cholesky.Solve(curvature, slope);
    }
}
