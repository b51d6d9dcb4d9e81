namespace RewardReasoning.Evaluation.Running;

/// <summary>A run cannot begin with what it was given: its files, its output or its settings. The message says what to do.</summary>
internal sealed class RunException : RewardReasoningException
{
    /// <summary>With what was found, what must hold and what to do.</summary>
    public RunException(string message)
        : base(message) { }

    /// <summary>The same, with the error that led to it.</summary>
    public RunException(string message, Exception innerException)
        : base(message, innerException) { }

    /// <summary>Without a message of its own.</summary>
    public RunException() { }

    /// <inheritdoc/>
    public override FailureBoundary Boundary => FailureBoundary.Input;
}
