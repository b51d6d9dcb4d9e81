namespace RewardReasoning.Cluster;

/// <summary>The server that has a group cannot be reached, or there is none yet that can take it.</summary>
internal sealed class ClusterException(string message, Exception? cause = null) : RewardReasoningException(message, cause)
{
    /// <inheritdoc/>
    public override FailureBoundary Boundary => FailureBoundary.Store;
}
