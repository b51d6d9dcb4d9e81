namespace RewardReasoning;

/// <summary>A query with the response that people or a verifier preferred and the one they did not.</summary>
public sealed record PreferencePair(string Query, string Chosen, string Rejected)
{
    /// <summary>
    /// The pair as a comparison; the right verdict is <see cref="Verdict.First"/> exactly when the chosen one comes first.
    /// </summary>
    public Comparison ToComparison(bool chosenFirst) => chosenFirst ? new(Query, Chosen, Rejected) : new(Query, Rejected, Chosen);
}
