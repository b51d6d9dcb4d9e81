namespace RewardReasoning.Models.Checks;

/// <summary>One quantity of a check: how far what is computed here lies from what was expected.</summary>
/// <param name="Name">What was compared.</param>
/// <param name="LargestDifference">Largest absolute difference over all values; not a number where one of them is not.</param>
/// <param name="Tolerance">Largest difference that counts as equal.</param>
/// <param name="Values">How many values were compared.</param>
public sealed record CheckedQuantity(string Name, double LargestDifference, double Tolerance, long Values)
{
    /// <summary>Whether all values agree.</summary>
    public bool Passed => LargestDifference <= Tolerance;
}
