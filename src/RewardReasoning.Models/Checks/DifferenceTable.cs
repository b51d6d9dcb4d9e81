using RewardReasoning.Models.Checkpoints;
using static TorchSharp.torch;

namespace RewardReasoning.Models.Checks;

/// <summary>Collects differences by quantity, in the order in which the quantities first came up.</summary>
internal sealed class DifferenceTable(string expectedPath)
{
    private readonly List<CheckedQuantity> _quantities = [];

    public IReadOnlyList<CheckedQuantity> Quantities => _quantities;

    /// <summary>Compares two tensors of one shape.</summary>
    public void Add(string name, Tensor actual, Tensor expected, double tolerance)
    {
        if (!actual.shape.SequenceEqual(expected.shape))
        {
            throw new CheckpointException(
                expectedPath,
                $"{name} has the shape [{string.Join(", ", expected.shape)}], and this model computes [{string.Join(", ", actual.shape)}]. The figures are of another model.");
        }

        Add(name, actual.numel() == 0 ? 0 : (actual.to(ScalarType.Float64) - expected.to(ScalarType.Float64)).abs().max().item<double>(), tolerance, actual.numel());
    }

    /// <summary>Adds a difference that was worked out elsewhere.</summary>
    public void Add(string name, double difference, double tolerance, long values = 1)
    {
        int at = _quantities.FindIndex(quantity => quantity.Name == name);
        if (at < 0)
        {
            _quantities.Add(new CheckedQuantity(name, difference, tolerance, values));
            return;
        }

        CheckedQuantity before = _quantities[at];
        _quantities[at] = before with
        {
            // Math.Max hands on a NaN, and a NaN passes no tolerance.
            LargestDifference = Math.Max(before.LargestDifference, difference),
            Values = before.Values + values,
        };
    }
}
