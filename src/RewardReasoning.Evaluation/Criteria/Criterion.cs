namespace RewardReasoning.Evaluation.Criteria;

/// <summary>One thing that a response is judged by: a check that code does, or a text that a judge reads.</summary>
/// <param name="Name">Unlike the others of its file.</param>
/// <param name="Weight">How much it counts in the total, above 0.</param>
/// <param name="IsCritical">Whether a response that fails the check is out, whatever else is good about it.</param>
/// <param name="Text">What the judge is asked; null for a check.</param>
/// <param name="Check">The check; null for a text.</param>
internal sealed record Criterion(string Name, double Weight, bool IsCritical, string? Text, Func<string, CheckResult>? Check)
{
    /// <summary>What the judge chooses from for a text; null where it scores from 1 to 5.</summary>
    public IReadOnlyList<CriterionChoice>? Choices { get; init; }
}

/// <summary>What a judge may choose for a criterion.</summary>
/// <param name="Text">What it reads.</param>
/// <param name="Worth">What that is worth, 0 to 1.</param>
internal sealed record CriterionChoice(string Text, double Worth);

/// <summary>What code says of a response.</summary>
/// <param name="Passes">Whether it passes; null where that cannot be said.</param>
/// <param name="Reason">Why not, or why it cannot be said; null where it passes.</param>
internal readonly record struct CheckResult(bool? Passes, string? Reason = null)
{
    public static CheckResult Of(bool passes, string reasonIfNot) => new(passes, passes ? null : reasonIfNot);
}
