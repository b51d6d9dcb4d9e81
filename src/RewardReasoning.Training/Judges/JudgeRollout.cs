using RewardReasoning.Training.Grpo;
using RewardReasoning.Training.Rollouts;

namespace RewardReasoning.Training.Judges;

/// <summary>A labelled pair of the training data.</summary>
/// <param name="Pair">The pair, as it is judged.</param>
/// <param name="Difficulty">Its <c>difficulty</c> field, for the metrics and the curriculum; empty without one.</param>
internal sealed record LabelledPair(PreferencePair Pair, string Difficulty)
{
    /// <summary>Number of its file among those of the data.</summary>
    internal int Source { get; init; }

    /// <summary>Its place among the pairs of that file.</summary>
    internal int Index { get; init; }
}

/// <summary>A comparison as it is put to the judge, in the numbering of its prompt.</summary>
/// <param name="Group">Number of its pair within the step.</param>
/// <param name="Pair">The pair.</param>
/// <param name="Right">The right verdict.</param>
/// <param name="PromptIds">What the judge reads.</param>
internal sealed record JudgeQuestion(int Group, LabelledPair Pair, Verdict Right, int[] PromptIds) : RolloutPrompt(Group, PromptIds);

/// <summary>One sampled judgment and its reward.</summary>
internal sealed record JudgeRollout(JudgeQuestion Question, SampledCompletion Completion, string Text, Verdict Verdict, double Reward)
    : Rollout(Question, Completion, Text, Reward)
{
    /// <summary>Whether the verdict is right.</summary>
    public bool IsRight => Verdict == Question.Right;
}
