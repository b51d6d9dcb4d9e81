namespace RewardReasoning.Training.Judges;

/// <summary>The judge's reward (arXiv 2505.14674): +1 for the right verdict, −1 for the wrong one and for none.</summary>
public static class VerdictReward
{
    /// <summary>The reward of one rollout, both verdicts in the numbering of its prompt.</summary>
    /// <exception cref="ArgumentException">The right verdict is not known: such a comparison cannot be trained on.</exception>
    public static double Of(Verdict verdict, Verdict right) =>
        right == Verdict.Unparsable
            ? throw new ArgumentException(
                "The right verdict is Unparsable; it must be First or Second. Drop unlabelled comparisons.",
                nameof(right)
            )
        : verdict == right ? 1
        : -1;
}
