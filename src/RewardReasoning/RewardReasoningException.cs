using System.Net;

namespace RewardReasoning;

/// <summary>
/// The base of every exception that this library throws for a reason outside its own code. Its message says what was found, what must hold
/// and what to do. <see cref="ArgumentException"/>, <see cref="InvalidOperationException"/> and the like are mistakes of the calling code.
/// Cancellation is <see cref="OperationCanceledException"/>, as everywhere.
/// </summary>
public abstract class RewardReasoningException : Exception
{
    /// <summary>With a message and, where a lower error led to it, that error.</summary>
    protected RewardReasoningException(string? message, Exception? innerException = null)
        : base(message, innerException) { }

    /// <summary>Without a message of its own.</summary>
    protected RewardReasoningException() { }

    /// <summary>Where the failure came from.</summary>
    public abstract FailureBoundary Boundary { get; }

    /// <summary>How much work ends with it; see <see cref="FailurePolicy"/>.</summary>
    /// <value>The vote for a provider, the run for everything else.</value>
    public virtual FailureScope Scope => Boundary == FailureBoundary.Provider ? FailureScope.Vote : FailureScope.Run;

    /// <summary>The HTTP status that a server of models answered with; null where there was none.</summary>
    internal virtual HttpStatusCode? ServerStatus => null;
}

/// <summary>The boundary of the program at which a failure arose.</summary>
public enum FailureBoundary
{
    /// <summary>What the user gave: a file, a row, an option, a comparison that the judge was not made for.</summary>
    Input,

    /// <summary>A recipe, its data or its run folder.</summary>
    Recipe,

    /// <summary>A server that answers requests: a model endpoint, a hub.</summary>
    Provider,

    /// <summary>A model: its files, its tokenizer, its template, or its computation.</summary>
    Model,

    /// <summary>A store of completions.</summary>
    Store,
}
