namespace RewardReasoning.Verification;

/// <summary>Whether a prediction gives the same answer as the gold one.</summary>
public enum AnswerVerdict
{
    /// <summary>
    /// Not decided: nothing to compare, something outside the rules, or a limit on work was reached. Never counts as right.
    /// </summary>
    Unknown,

    /// <summary>The same answer.</summary>
    Equal,

    /// <summary>Another answer.</summary>
    Different,
}
