using static TorchSharp.torch;

namespace RewardReasoning.Training.Optimization;

/// <summary>Work on gradient lists (null: a parameter without gradient), in a fixed order, so that it repeats bit for bit.</summary>
internal static class GradientClip
{
    private const double Guard = 1e-6;

    /// <summary>
    /// Multiplies all gradients in place by min(1, maxNorm / (norm + 1e-6)) and returns the global 2-norm before that. A norm that is
    /// not finite leaves them as they are: check it, and drop the step.
    /// </summary>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="maxNorm"/> is not above 0.</exception>
    public static double ClipByNorm(IReadOnlyList<Tensor?> gradients, double maxNorm)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(maxNorm);
        double norm = Norm(gradients);
        if (double.IsFinite(norm) && norm + Guard > maxNorm)
        {
            TensorLists.Scale([.. gradients.OfType<Tensor>()], maxNorm / (norm + Guard));
        }

        return norm;
    }

    /// <summary>The 2-norm of all gradients together: each tensor's own norm, squares added in list order in double precision.</summary>
    public static double Norm(IReadOnlyList<Tensor?> gradients)
    {
        ArgumentNullException.ThrowIfNull(gradients);
        double squares = 0;
        foreach (Tensor gradient in gradients.OfType<Tensor>())
        {
            using Tensor flat = gradient.detach();
            using Tensor norm = flat.norm();
            using Tensor wide = norm.to(float64);
            double value = wide.item<double>();
            squares += value * value;
        }

        return Math.Sqrt(squares);
    }
}
