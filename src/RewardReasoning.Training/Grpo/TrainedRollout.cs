using RewardReasoning.Training.Losses;

namespace RewardReasoning.Training.Grpo;

/// <summary>A rollout with what the update needs of it.</summary>
/// <param name="Rollout">The rollout.</param>
/// <param name="Advantage">Its advantage within its group.</param>
/// <param name="FirstTrained">Index of the first completion token that is trained; at the completion's end: none is.</param>
internal sealed record TrainedRollout(Rollout Rollout, double Advantage, int FirstTrained) : ICompletion
{
    /// <summary>Log-probs of the completion under the weights that sampled it; null where those are the present ones.</summary>
    public float[]? OldLogProbs { get; init; }

    /// <summary>Log-probs of the completion under the reference; null without one.</summary>
    public float[]? ReferenceLogProbs { get; init; }

    public int[] Prompt => Rollout.Prompt.PromptIds;

    public int[] Completion => Rollout.Completion.Ids;

    public IReadOnlySet<int> Given => Rollout.Completion.Given;

    public int TrainedTokens => Math.Max(0, Completion.Length - FirstTrained - Given.Count(index => index >= FirstTrained));
}
