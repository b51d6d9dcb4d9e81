namespace RewardReasoning.Models.Generation;

/// <summary>The engine could not finish a request; the inner exception is the cause.</summary>
internal sealed class GenerationException : RewardReasoningException
{
    /// <summary>An error without further detail.</summary>
    public GenerationException() { }

    /// <summary>An error with the message to show.</summary>
    public GenerationException(string message)
        : base(message) { }

    /// <summary>An error with the message to show and what caused it.</summary>
    public GenerationException(string message, Exception innerException)
        : base(message, innerException) { }

    /// <inheritdoc/>
    public override FailureBoundary Boundary => FailureBoundary.Model;

    /// <inheritdoc/>
    /// <value>The vote: another request may succeed.</value>
    public override FailureScope Scope => FailureScope.Vote;

    internal static GenerationException NotANumber() =>
        new(
            "The model's logits are not numbers (NaN). Its weights are damaged, or too large for the type it computes in: "
                + "check them with `rrm model check`, or compute in float32."
        );
}
