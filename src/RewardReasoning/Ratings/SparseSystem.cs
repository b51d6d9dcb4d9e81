namespace RewardReasoning.Ratings;

/// <summary>H as the pairs that met, solved by conjugate gradients with the diagonal as preconditioner.</summary>
internal sealed class SparseSystem(PairPoints points, double lambda) : ISystemOfPairs
{
    private const double StepTolerance = 1e-11;
    private const double VarianceTolerance = 1e-8;

    private readonly int _n = points.Players;
    private readonly double[] _information = new double[points.Pairs.Length];
    private readonly double[] _diagonal = new double[points.Players];

    public void Update(double[] strengths)
    {
        points.Information(strengths, _information);
        Array.Fill(_diagonal, lambda);
        for (int at = 0; at < _information.Length; at++)
        {
            _diagonal[points.Pairs[at].First] += _information[at];
            _diagonal[points.Pairs[at].Second] += _information[at];
        }
    }

    public double[] Solve(double[] rightSide) => Solve(rightSide, StepTolerance);

    public double[] CentredVariances()
    {
        double[] variances = new double[_n];
        Parallel.For(
            0,
            _n,
            player =>
            {
                double[] unit = new double[_n];
                Array.Fill(unit, -1.0 / _n);
                unit[player] += 1;
                variances[player] = Solve(unit, VarianceTolerance)[player];
            }
        );
        return variances;
    }

    private double[] Solve(double[] rightSide, double tolerance)
    {
        double[] x = new double[_n];
        double[] residual = [.. rightSide];
        double[] direction = new double[_n];
        double[] product = new double[_n];
        double scale = 0;
        double size = 0;
        for (int i = 0; i < _n; i++)
        {
            direction[i] = residual[i] / _diagonal[i];
            size += residual[i] * direction[i];
        }

        double enough = size * tolerance * tolerance;
        for (int step = 0; step < 20 * _n && size > enough; step++)
        {
            Multiply(direction, product);
            scale = size / Dot(direction, product);
            double next = 0;
            for (int i = 0; i < _n; i++)
            {
                x[i] += scale * direction[i];
                residual[i] -= scale * product[i];
                next += residual[i] * residual[i] / _diagonal[i];
            }

            double turn = next / size;
            size = next;
            for (int i = 0; i < _n; i++)
            {
                direction[i] = (residual[i] / _diagonal[i]) + (turn * direction[i]);
            }
        }

        return x;
    }

    private void Multiply(double[] x, double[] product)
    {
        for (int i = 0; i < _n; i++)
        {
            product[i] = lambda * x[i];
        }

        ReadOnlySpan<PairPoints.Pair> pairs = points.Pairs;
        for (int at = 0; at < pairs.Length; at++)
        {
            double flow = _information[at] * (x[pairs[at].First] - x[pairs[at].Second]);
            product[pairs[at].First] += flow;
            product[pairs[at].Second] -= flow;
        }
    }

    private static double Dot(double[] left, double[] right) => System.Numerics.Tensors.TensorPrimitives.Dot<double>(left, right);
}
