namespace RewardReasoning.Models.Checking;

/// <summary>The largest difference of each quantity, in the order in which they first came.</summary>
internal sealed class Differences
{
    private readonly List<ModelCheckQuantity> _quantities = [];

    public IReadOnlyList<ModelCheckQuantity> Quantities => _quantities;

    /// <summary>Takes the largest of <paramref name="count"/> differences; one that is not a number stays.</summary>
    public void Add(string name, double difference, double tolerance, long count = 1)
    {
        int at = _quantities.FindIndex(quantity => quantity.Name == name);
        if (at < 0)
        {
            _quantities.Add(new ModelCheckQuantity(name, difference, tolerance, count));
            return;
        }

        ModelCheckQuantity before = _quantities[at];
        double largest = Math.Max(before.LargestDifference, difference); // keeps NaN
        _quantities[at] = before with { LargestDifference = largest, ValueCount = before.ValueCount + count };
    }
}
