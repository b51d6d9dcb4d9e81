using RewardReasoning.Training.Rollouts;

namespace RewardReasoning.Training.Grpo;

/// <summary>A prompt for which completions are sampled.</summary>
/// <param name="Group">Number, within the step, of the group whose rewards are compared.</param>
/// <param name="PromptIds">What the model reads.</param>
internal abstract record RolloutPrompt(int Group, int[] PromptIds);

/// <summary>One sampled completion and its reward.</summary>
/// <param name="Prompt">What it answers.</param>
/// <param name="Completion">Its tokens.</param>
/// <param name="Text">Its text, without the token that ends the turn.</param>
/// <param name="Reward">NaN where it has none; then it is not trained on.</param>
internal abstract record Rollout(RolloutPrompt Prompt, SampledCompletion Completion, string Text, double Reward)
{
    /// <summary>Tokens of prompt and completion.</summary>
    public int Length => Prompt.PromptIds.Length + Completion.Ids.Length;

    /// <summary>Whether it has a reward.</summary>
    public bool HasReward => !double.IsNaN(Reward);
}
