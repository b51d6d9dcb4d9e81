namespace RewardReasoning.Evaluation.Probes;

/// <summary>
/// A change to a pair that should not flip a judge's verdict: the worse response is dressed up or replaced, or the pair is asked in
/// another way.
/// </summary>
internal sealed record ProbeDefinition
{
    /// <summary>Its name on the command line.</summary>
    public required string Name { get; init; }

    /// <summary>What is done, for people.</summary>
    public required string Says { get; init; }

    /// <summary>
    /// The worse response as it is shown instead: from the pair and the number (1 or 2) under which the worse response is shown; null where
    /// nothing is changed.
    /// </summary>
    public Func<PreferencePair, int, string>? Worse { get; init; }

    /// <summary>Whether the responses are shown in the other order.</summary>
    public bool Swapped { get; init; }

    /// <summary>Whether the pair is asked once more with the same words and fresh chance.</summary>
    public bool Again { get; init; }

    /// <summary>The pair as it is asked; null where the probe does not change it, or leaves two equal responses.</summary>
    /// <param name="pair">The pair.</param>
    /// <param name="betterFirst">Whether the unchanged pair shows the better response first.</param>
    public Comparison? Apply(PreferencePair pair, bool betterFirst)
    {
        ArgumentNullException.ThrowIfNull(pair);
        PreferencePair changed = Worse is null ? pair : pair with { Rejected = Worse(pair, betterFirst ? 2 : 1) };
        return (Worse is not null && changed == pair) || changed.Rejected == changed.Chosen
            ? null
            : changed.ToComparison(betterFirst != Swapped);
    }
}
