using System.Net;

namespace RewardReasoning.Endpoints;

/// <summary>A server did not give a usable answer. The message names its address, what came back and what to look at.</summary>
public sealed class EndpointException : RewardReasoningException
{
    /// <summary>With what happened.</summary>
    public EndpointException(string message)
        : base(message) { }

    /// <summary>With what happened and its cause.</summary>
    public EndpointException(string message, Exception? innerException)
        : base(message, innerException) { }

    /// <summary>Without a message of its own.</summary>
    public EndpointException() { }

    /// <inheritdoc/>
    /// <value>The provider; the input where no model is named.</value>
    public override FailureBoundary Boundary => Failure == EndpointFailure.NoModel ? FailureBoundary.Input : FailureBoundary.Provider;

    /// <inheritdoc/>
    /// <value>By the status; the vote if there is none.</value>
    public override FailureScope Scope => Status is { } status ? FailurePolicy.ScopeOf(status) : FailureScope.Vote;

    /// <summary>What kept the server from answering.</summary>
    public EndpointFailure Failure { get; init; }

    /// <summary>The HTTP status, where an answer came at all.</summary>
    public HttpStatusCode? Status { get; init; }

    /// <inheritdoc/>
    internal override HttpStatusCode? ServerStatus => Status;

    /// <summary>Whether asking again may help.</summary>
    public bool IsTransient { get; init; }

    /// <summary>How long the server asks to wait.</summary>
    public TimeSpan? RetryAfter { get; init; }

    /// <summary>What a refusal says of numbers of tokens; null for one that is about something else.</summary>
    internal TokenRefusal? TokenRefusal { get; init; }

    /// <summary>Fields of the request that the server does not know, of those that can be left out.</summary>
    internal IReadOnlyList<string> UnknownFields { get; init; } = [];

    /// <summary>Whether the server wants to be asked for a stream, or cannot give one.</summary>
    internal bool? WantsStream { get; init; }

    /// <summary>Whether the server wants the newer name for the cap on tokens.</summary>
    internal bool WantsMaxCompletionTokens { get; init; }
}
