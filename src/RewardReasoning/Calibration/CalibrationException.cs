namespace RewardReasoning.Calibration;

/// <summary>A judge was to abstain, and no fit says when. The message says why not, and what to do.</summary>
internal sealed class CalibrationException : RewardReasoningException
{
    /// <summary>With what was found, what must hold and what to do.</summary>
    public CalibrationException(string message)
        : base(message) { }

    /// <summary>The same, with the error that led to it.</summary>
    public CalibrationException(string message, Exception innerException)
        : base(message, innerException) { }

    /// <summary>Without a message of its own.</summary>
    public CalibrationException() { }

    /// <inheritdoc/>
    public override FailureBoundary Boundary => FailureBoundary.Input;
}
