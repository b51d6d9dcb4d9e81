using RewardReasoning.Calibration;

namespace RewardReasoning.Evaluation.Calibration;

/// <summary>
/// The never-falling map with the least squared error, by pooling adjacent violators: claims of one confidence are a block with the share
/// that is right as its value; as long as a block is below the one before it, the two are merged.
/// </summary>
internal static class IsotonicFit
{
    /// <summary>The map, with a knot at the first and the last confidence of each block.</summary>
    /// <exception cref="ArgumentException">There are no claims.</exception>
    public static ConfidenceMap.Isotonic Fit(IReadOnlyList<double> confidences, IReadOnlyList<bool> right)
    {
        ArgumentNullException.ThrowIfNull(confidences);
        ArgumentNullException.ThrowIfNull(right);
        if (confidences.Count == 0)
        {
            throw new ArgumentException("There are no claims to fit; at least one is needed.", nameof(confidences));
        }

        Stack<Block> blocks = new();
        foreach (
            IGrouping<double, bool> level in confidences
                .Zip(right)
                .GroupBy(claim => claim.First, claim => claim.Second)
                .OrderBy(level => level.Key)
        )
        {
            Block block = new(level.Key, level.Key, level.Count(isRight => isRight), level.Count());
            while (blocks.TryPeek(out Block before) && before.Value > block.Value)
            {
                blocks.Pop();
                block = new(before.First, block.Last, before.Rights + block.Rights, before.Claims + block.Claims);
            }

            blocks.Push(block);
        }

        return new([.. blocks.Reverse().SelectMany(block => block.Knots())]);
    }

    private readonly record struct Block(double First, double Last, int Rights, int Claims)
    {
        public double Value => (double)Rights / Claims;

        public CalibrationKnot[] Knots() => First == Last ? [new(First, Value)] : [new(First, Value), new(Last, Value)];
    }
}
