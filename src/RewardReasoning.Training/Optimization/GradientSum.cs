using RewardReasoning.Models.Tensors;
using static TorchSharp.torch;

namespace RewardReasoning.Training.Optimization;

/// <summary>
/// Adds the gradients of data-parallel workers; call it worker by worker in a fixed order and the sum repeats bit for bit.
/// </summary>
internal static class GradientSum
{
    /// <summary>Adds <paramref name="other"/> into <paramref name="into"/> in place, tensor by tensor. A gradient missing on one side
    /// must be missing on both: give zeros where only some workers used a parameter.</summary>
    public static void AddInPlace(IReadOnlyList<Tensor?> into, IReadOnlyList<Tensor?> other)
    {
        ArgumentNullException.ThrowIfNull(into);
        ArgumentNullException.ThrowIfNull(other);
        if (into.Count != other.Count)
        {
            throw new ArgumentException($"There are {into.Count} gradients and {other.Count} to add; the lists must match.", nameof(other));
        }

        for (int i = 0; i < into.Count; i++)
        {
            if (into[i] is null != other[i] is null)
            {
                throw new ArgumentException(
                    $"Gradient {i} is missing on one side only; give zeros where a worker did not use the parameter.",
                    nameof(other)
                );
            }

            if (into[i] is { } mine && other[i] is { } theirs)
            {
                Shapes.MustMatch(mine, theirs, $"gradient {i}");
            }
        }

        Tensor[] present = [.. into.OfType<Tensor>()];
        if (present.Length > 0)
        {
            TensorLists.Add(present, [.. other.OfType<Tensor>()]);
        }
    }
}
