namespace RewardReasoning.Evaluation.Budgets;

/// <summary>What may be spent on all pairs together: tokens written, or votes.</summary>
/// <param name="Limit">How many.</param>
/// <param name="InTokens">Whether they are tokens.</param>
internal readonly record struct VoteBudget(long Limit, bool InTokens)
{
    /// <summary>What a pair has cost.</summary>
    public long SpentOn(IBudgetedPair pair) => InTokens ? pair.Tokens : pair.Asked;
}
