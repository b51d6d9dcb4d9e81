namespace RewardReasoning.Training.Rollouts;

/// <summary>One sampled completion.</summary>
/// <param name="Ids">Tokens, the end-of-turn token included where it was reached.</param>
/// <param name="LogProbs">Log-prob of each under the distribution it was drawn from; empty for greedy decoding.</param>
/// <param name="Finished">Whether it ended by itself; false: cut at the longest length allowed.</param>
internal sealed record SampledCompletion(int[] Ids, float[] LogProbs, bool Finished)
{
    /// <summary>Sum over the tokens of the entropy, in nats, of the distribution that each was drawn from; 0 for greedy decoding.</summary>
    public double Entropy { get; init; }

    /// <summary>
    /// Indexes into <see cref="Ids"/> of tokens that the calculator wrote; they have log-prob and entropy 0, and are not trained.
    /// </summary>
    public IReadOnlySet<int> Given { get; init; } = System.Collections.Frozen.FrozenSet<int>.Empty;

    /// <summary>What was written: the tokens without the one that ended the turn.</summary>
    internal ReadOnlySpan<int> Written => Ids.AsSpan(0, Finished ? Ids.Length - 1 : Ids.Length);
}
