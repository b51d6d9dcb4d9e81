namespace RewardReasoning.Storage;

/// <summary>A store cannot be opened or used. The message names it and says what to do.</summary>
public sealed class CompletionStoreException : RewardReasoningException
{
    /// <summary>With a message and the cause.</summary>
    public CompletionStoreException(string message, Exception? innerException = null)
        : base(message, innerException) { }

    /// <summary>Without a message of its own.</summary>
    public CompletionStoreException() { }

    /// <inheritdoc/>
    /// <value>Input where <see cref="IsUnusable"/>.</value>
    public override FailureBoundary Boundary => IsUnusable ? FailureBoundary.Input : FailureBoundary.Store;

    /// <summary>
    /// Whether what was named is no store that this program can use (another file, a newer form, no permission): trying again changes
    /// nothing.
    /// </summary>
    public bool IsUnusable { get; init; }
}
