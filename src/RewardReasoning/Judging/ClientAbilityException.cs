namespace RewardReasoning.Judging;

/// <summary>A judge was to be opened over a client that cannot do what its options ask for. The message says what to do.</summary>
internal sealed class ClientAbilityException(string message) : RewardReasoningException(message)
{
    /// <inheritdoc/>
    public override FailureBoundary Boundary => FailureBoundary.Input;
}
