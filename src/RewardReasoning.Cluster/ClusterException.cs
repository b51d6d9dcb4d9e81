namespace RewardReasoning.Cluster;

/// <summary>The server that has a group cannot be reached, or no server can take the group yet.</summary>
internal sealed class ClusterException(string message, Exception? cause = null) : RewardReasoningException(message, cause)
{
    /// <inheritdoc/>
    public override FailureBoundary Boundary => FailureBoundary.Store;
}
