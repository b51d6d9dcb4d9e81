using System.Numerics.Tensors;

namespace RewardReasoning.Ratings;

/// <summary>
/// H as a full matrix with its Cholesky factor. One half is added to every mean square of the common shift (11ᵀ / 2n), so that the factor
/// is as exact along the shift, which λ alone holds, as elsewhere; right sides of sum 0 do not notice.
/// </summary>
internal sealed class DenseSystem(PairPoints points, double lambda) : ISystemOfPairs
{
    private const double ShiftWeight = 0.5;

    private readonly int _n = points.Players;
    private readonly double[] _information = new double[points.Pairs.Length];

    /// <summary>Row i holds L[i, 0..i] of H = L Lᵀ.</summary>
    private readonly double[][] _factor = [.. Enumerable.Range(1, points.Players).Select(length => new double[length])];

    public void Update(double[] strengths)
    {
        for (int i = 0; i < _n; i++)
        {
            Array.Fill(_factor[i], ShiftWeight / _n);
            _factor[i][i] += lambda;
        }

        points.Information(strengths, _information);
        for (int at = 0; at < _information.Length; at++)
        {
            (int first, int second, _, _) = points.Pairs[at];
            _factor[first][first] += _information[at];
            _factor[second][second] += _information[at];
            _factor[Math.Max(first, second)][Math.Min(first, second)] -= _information[at];
        }

        Cholesky.Factorise(_factor);
    }

    public double[] Solve(double[] rightSide) => Cholesky.Solve(_factor, rightSide);

    public double[] CentredVariances()
    {
        double[][] inverse = Inverse();
        return [.. Enumerable.Range(0, _n).Select(i => inverse[i][i] - SharedVariance)];
    }

    /// <summary>The inverse of H on the subspace of sum 0: the covariance of the strengths.</summary>
    public double[][] CentredCovariance()
    {
        double[][] inverse = Inverse();
        foreach (double[] row in inverse)
        {
            TensorPrimitives.Subtract(row, SharedVariance, row);
        }

        return inverse;
    }

    private double SharedVariance => 1 / (_n * (lambda + ShiftWeight));

    private double[][] Inverse()
    {
        double[] unit = new double[_n];
        double[][] columns = new double[_n][];
        for (int i = 0; i < _n; i++)
        {
            unit[i] = 1;
            columns[i] = Solve(unit);
            unit[i] = 0;
        }

        return columns;
    }
}
