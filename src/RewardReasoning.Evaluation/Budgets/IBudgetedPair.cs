namespace RewardReasoning.Evaluation.Budgets;

/// <summary>A pair whose votes are paid from a budget over many pairs.</summary>
internal interface IBudgetedPair
{
    /// <summary>Votes for its first response.</summary>
    int First { get; }

    /// <summary>Votes for its second response.</summary>
    int Second { get; }

    /// <summary>Votes asked for, missing ones included.</summary>
    int Asked { get; }

    /// <summary>The most votes that may be asked for.</summary>
    int MaxVotes { get; }

    /// <summary>Votes that are asked for at once: 2 where the judge asks in both orders.</summary>
    int Step { get; }

    /// <summary>Tokens that its votes wrote.</summary>
    long Tokens { get; }

    /// <summary>How unsure the first vote was; null where that is not known.</summary>
    double? Doubt { get; }

    /// <summary>Whether no further vote can be had.</summary>
    bool IsClosed { get; }

    /// <summary>Asks for the next votes, a step.</summary>
    Task AskAsync(CancellationToken cancellationToken);
}
