namespace RewardReasoning.Models.Checking;

/// <summary>One quantity that was compared with the reference.</summary>
/// <param name="Name">As the reference names it.</param>
/// <param name="LargestDifference">Largest absolute difference over all values; not a number where the model computed none.</param>
/// <param name="Tolerance">What float order may cost.</param>
/// <param name="ValueCount">How many values were compared.</param>
internal sealed record ModelCheckQuantity(string Name, double LargestDifference, double Tolerance, long ValueCount)
{
    /// <summary>Whether the difference is within the tolerance.</summary>
    public bool Passed => LargestDifference <= Tolerance;
}

/// <summary>Whether a checkpoint computes here what it computes in transformers.</summary>
/// <param name="Folder">The model.</param>
/// <param name="ExpectedPath">The reference numbers.</param>
/// <param name="Quantities">In the order of computation, so that the first that fails is nearest to the cause.</param>
internal sealed record ModelCheckReport(string Folder, string ExpectedPath, IReadOnlyList<ModelCheckQuantity> Quantities)
{
    /// <summary>Whether every quantity passed.</summary>
    public bool Passed => Quantities.All(quantity => quantity.Passed);
}
