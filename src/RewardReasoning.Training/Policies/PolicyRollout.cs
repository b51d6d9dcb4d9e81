using RewardReasoning.Training.Grpo;
using RewardReasoning.Training.Rollouts;

namespace RewardReasoning.Training.Policies;

/// <summary>A question as the policy reads it.</summary>
/// <param name="Group">Its number within the step.</param>
/// <param name="Query">The same as the judge reads it.</param>
/// <param name="Answer">The right answer, for held-out questions; null where nobody knows it.</param>
/// <param name="PromptIds">What the policy reads.</param>
internal sealed record PolicyQuestion(int Group, string Query, string? Answer, int[] PromptIds) : RolloutPrompt(Group, PromptIds);

/// <summary>A response and what it earned.</summary>
/// <param name="Question">What it answers.</param>
/// <param name="Completion">Its tokens.</param>
/// <param name="Text">All of it.</param>
/// <param name="Answer">What follows its reasoning: what the judge reads.</param>
/// <param name="Fault">Why it is not shown to the judge; null where it is.</param>
/// <param name="Reward">NaN where it has none.</param>
internal sealed record PolicyRollout(
    PolicyQuestion Question,
    SampledCompletion Completion,
    string Text,
    string Answer,
    ResponseFault? Fault,
    double Reward
) : Rollout(Question, Completion, Text, Reward)
{
    /// <summary>The ranking of its group; null before it was ranked.</summary>
    public GroupRanking? Ranking { get; init; }
}
