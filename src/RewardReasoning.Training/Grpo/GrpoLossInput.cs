using static TorchSharp.torch;

namespace RewardReasoning.Training.Grpo;

/// <summary>
/// The tensors of one (micro-)batch of rollouts, [B,T] with T the padded completion length. It owns none of them. Masked
/// positions may hold anything, NaN too.
/// </summary>
public sealed class GrpoLossInput
{
    /// <summary>Log-probs of the sampled tokens under the policy; gradients flow through these.</summary>
    public required Tensor LogProbs { get; init; }

    /// <summary>The same under the weights that sampled them; null when those are the present ones (the ratio is 1, its gradient is
    /// not 0).</summary>
    public Tensor? OldLogProbs { get; init; }

    /// <summary>[B], or [B,T] where tokens of one rollout differ.</summary>
    public required Tensor Advantages { get; init; }

    /// <summary>Nonzero where a token is trained.</summary>
    public required Tensor Mask { get; init; }

    /// <summary>Log-probs under the frozen reference; needed when the KL coefficient is not 0.</summary>
    public Tensor? ReferenceLogProbs { get; init; }

    /// <summary>Entropy of the policy at each token; needed when the entropy coefficient is not 0, else only reported.</summary>
    public Tensor? Entropy { get; init; }

    /// <summary>Weights of the policy losses, for tokens sampled by an engine that computes a little differently.</summary>
    public Tensor? RolloutWeights { get; init; }
}
