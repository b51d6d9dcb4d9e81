namespace RewardReasoning.IO;

/// <summary>A file or folder is being written by another run; the message says by which.</summary>
internal sealed class FileInUseException : RewardReasoningException
{
    /// <summary>With a message for people.</summary>
    public FileInUseException(string message, Exception? innerException = null)
        : base(message, innerException) { }

    /// <inheritdoc/>
    public override FailureBoundary Boundary => FailureBoundary.Input;
}
