namespace RewardReasoning.Cli.Parsing;

/// <summary>The command line or an input of it cannot be used: reported in one line, exit code 2.</summary>
internal sealed class UsageException : RewardReasoningException
{
    /// <summary>Says what was found, what must hold and what to do.</summary>
    public UsageException(string message)
        : base(message) { }

    /// <summary>The same, with the fault that led to it (shown with <c>--verbose</c>).</summary>
    public UsageException(string message, Exception innerException)
        : base(message, innerException) { }

    /// <inheritdoc/>
    public override FailureBoundary Boundary => FailureBoundary.Input;
}
