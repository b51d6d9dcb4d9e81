using System.Numerics.Tensors;

namespace RewardReasoning.Ratings;

/// <summary>A = L Lᵀ of a positive definite matrix, and the solution of A x = b by it. Row i holds columns 0 to i.</summary>
internal static class Cholesky
{
    /// <summary>Replaces the lower half of A by L.</summary>
    public static void Factorise(double[][] rows)
    {
        for (int i = 0; i < rows.Length; i++)
        {
            for (int j = 0; j < i; j++)
            {
                rows[i][j] = (rows[i][j] - TensorPrimitives.Dot<double>(rows[i].AsSpan(0, j), rows[j].AsSpan(0, j))) / rows[j][j];
            }

            rows[i][i] = Math.Sqrt(rows[i][i] - TensorPrimitives.SumOfSquares<double>(rows[i].AsSpan(0, i)));
        }
    }

    /// <summary>x of A x = <paramref name="rightSide"/>, given L.</summary>
    public static double[] Solve(double[][] factor, double[] rightSide)
    {
        double[] x = [.. rightSide];
        for (int i = 0; i < x.Length; i++)
        {
            x[i] = (x[i] - TensorPrimitives.Dot<double>(factor[i].AsSpan(0, i), x.AsSpan(0, i))) / factor[i][i];
        }

        for (int i = x.Length - 1; i >= 0; i--)
        {
            x[i] /= factor[i][i];
            TensorPrimitives.MultiplyAdd(factor[i].AsSpan(0, i), -x[i], x.AsSpan(0, i), x.AsSpan(0, i));
        }

        return x;
    }
}
