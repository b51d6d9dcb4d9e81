namespace RewardReasoning;

/// <summary>Whatever can say which of two responses is better.</summary>
public interface IJudge
{
    /// <summary>Judges one comparison.</summary>
    /// <exception cref="OutOfDomainException">The judge declares what it can judge, and this is outside of it.</exception>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    Task<Judgment> JudgeAsync(Comparison comparison, CancellationToken cancellationToken = default);
}

/// <summary>A judge that can look at a comparison again, with fresh chance: a ranking may let the same two meet more than once.</summary>
public interface IRepeatableJudge : IJudge
{
    /// <summary>
    /// Judges one comparison, the more times it was judged before, the higher the repetition; 0 is the same as without it.
    /// </summary>
    /// <exception cref="OutOfDomainException">The judge declares what it can judge, and this is outside of it.</exception>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    Task<Judgment> JudgeAsync(Comparison comparison, int repetition, CancellationToken cancellationToken = default);
}

/// <summary>A comparison that a judge declines because its model was not made for it. The message says so and what to do instead.</summary>
public sealed class OutOfDomainException : RewardReasoningException
{
    /// <summary>With a message that says what the judge can do.</summary>
    public OutOfDomainException(string message)
        : base(message) { }

    /// <summary>With a message and the cause.</summary>
    public OutOfDomainException(string message, Exception innerException)
        : base(message, innerException) { }

    /// <summary>Without a message of its own.</summary>
    public OutOfDomainException() { }

    /// <inheritdoc/>
    public override FailureBoundary Boundary => FailureBoundary.Input;

    /// <inheritdoc/>
    /// <value>The row: another comparison may be inside the domain.</value>
    public override FailureScope Scope => FailureScope.Row;
}
