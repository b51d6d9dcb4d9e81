namespace RewardReasoning.Models.Checkpoints;

/// <summary>
/// A file of a model folder is missing, half written or says something that cannot be used; the message begins with its path.
/// </summary>
internal sealed class CheckpointException : RewardReasoningException
{
    /// <summary>The file or folder at fault.</summary>
    public string FilePath { get; }

    /// <param name="path">The file or folder at fault.</param>
    /// <param name="problem">What was found, what must hold and what to do; the path is put in front of it.</param>
    /// <param name="cause">The lower error, if there is one.</param>
    public CheckpointException(string path, string problem, Exception? cause = null)
        : base($"{path}: {problem}", cause) => FilePath = path;

    /// <inheritdoc/>
    public override FailureBoundary Boundary => FailureBoundary.Model;
}
