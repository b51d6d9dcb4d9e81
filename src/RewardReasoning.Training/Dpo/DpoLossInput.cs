using static TorchSharp.torch;

namespace RewardReasoning.Training.Dpo;

/// <summary>
/// One side of a batch of pairs, [B,T] over response tokens; masked places may hold anything. It owns none of the tensors.
/// </summary>
internal sealed class DpoSide
{
    /// <summary>Log-probs of the response's tokens under the policy; gradients flow through these.</summary>
    public required Tensor LogProbs { get; init; }

    /// <summary>The same under the frozen reference.</summary>
    public required Tensor ReferenceLogProbs { get; init; }

    /// <summary>Nonzero where there is a token.</summary>
    public required Tensor Mask { get; init; }

    /// <summary>ln Σ p² of the policy's distribution at each token; needed where pairs are weighted by confidence.</summary>
    public Tensor? LogSumSquares { get; init; }
}

/// <summary>What sums are divided by: counts of the whole batch of one step.</summary>
/// <param name="Pairs">Pairs.</param>
/// <param name="ChosenTokens">Tokens of all chosen responses.</param>
internal sealed record DpoCounts(long Pairs, long ChosenTokens);

/// <summary>What one loss computation saw, as sums over its pairs: the metrics of micro-batches add up to those of the batch.</summary>
internal sealed record DpoMetrics
{
    /// <summary>This part of the objective, already divided by the counts of the whole batch.</summary>
    public double Loss { get; init; }

    /// <summary>Its supervised part before the coefficient; 0 without one.</summary>
    public double SftLoss { get; init; }

    /// <summary>Pairs seen.</summary>
    public double Pairs { get; init; }

    /// <summary>Σ β·log-ratio of chosen responses.</summary>
    public double ChosenReward { get; init; }

    /// <summary>Σ β·log-ratio of rejected responses.</summary>
    public double RejectedReward { get; init; }

    /// <summary>Pairs whose chosen response has the higher reward; a tie does not count.</summary>
    public double Correct { get; init; }

    /// <summary>Σ log-prob of chosen responses.</summary>
    public double ChosenLogProb { get; init; }

    /// <summary>Σ log-prob of rejected responses.</summary>
    public double RejectedLogProb { get; init; }
}
