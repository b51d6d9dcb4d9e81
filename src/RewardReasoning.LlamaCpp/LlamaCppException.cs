namespace RewardReasoning.LlamaCpp;

/// <summary>llama.cpp is not there, or could not load or run a model.</summary>
internal sealed class LlamaCppException(string message, Exception? cause = null) : RewardReasoningException(message, cause)
{
    /// <inheritdoc/>
    public override FailureBoundary Boundary => FailureBoundary.Model;
}
