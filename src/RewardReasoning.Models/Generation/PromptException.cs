namespace RewardReasoning.Models.Generation;

/// <summary>
/// A chat that a model cannot be asked: its template refuses the messages, or writes tokens that the model does not have.
/// </summary>
internal sealed class PromptException : RewardReasoningException
{
    /// <summary>An error with the message to show and what caused it.</summary>
    public PromptException(string message, Exception? innerException = null)
        : base(message, innerException) { }

    /// <inheritdoc/>
    public override FailureBoundary Boundary => FailureBoundary.Model;
}
