namespace RewardReasoning.Evaluation.Arena;

/// <summary>Small systems A x = b with a positive definite A, by Cholesky's factor.</summary>
internal static class SymmetricSystem
{
    public static double[] Solve(double[,] matrix, double[] rightSide)
    {
        int n = rightSide.Length;
        double[,] factor = new double[n, n];
        double[] x = new double[n];
        for (int i = 0; i < n; i++)
        {
            for (int j = 0; j <= i; j++)
            {
                double rest = matrix[i, j];
                for (int k = 0; k < j; k++)
                {
                    rest -= factor[i, k] * factor[j, k];
                }

                factor[i, j] = i == j ? Math.Sqrt(rest) : rest / factor[j, j];
            }

            double value = rightSide[i];
            for (int k = 0; k < i; k++)
            {
                value -= factor[i, k] * x[k];
            }

            x[i] = value / factor[i, i];
        }

        for (int i = n - 1; i >= 0; i--)
        {
            for (int k = i + 1; k < n; k++)
            {
                x[i] -= factor[k, i] * x[k];
            }

            x[i] /= factor[i, i];
        }

        return x;
    }
}
