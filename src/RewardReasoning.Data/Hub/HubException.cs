using System.Net;

namespace RewardReasoning.Data.Hub;

/// <summary>A hub that did not give what was asked of it, or a file of it that cannot be kept.</summary>
public sealed class HubException : RewardReasoningException
{
    /// <summary>An error with a message that says what was found and what to do.</summary>
    public HubException(string message, Exception? cause = null)
        : base(message, cause) { }

    /// <inheritdoc/>
    public override FailureBoundary Boundary => IsRefusal ? FailureBoundary.Input : FailureBoundary.Provider;

    /// <summary>What the hub answered; null where it did not come to an answer.</summary>
    public HttpStatusCode? Status { get; init; }

    /// <summary>Whether what was asked for is wrong: it does not exist, or not for this user.</summary>
    public bool IsRefusal =>
        Status is HttpStatusCode.Unauthorized or HttpStatusCode.Forbidden or HttpStatusCode.NotFound or HttpStatusCode.BadRequest;

    /// <summary>Whether trying again may help.</summary>
    internal bool IsTransient { get; init; }

    /// <summary>Whether the hub was not there, or not to be asked.</summary>
    public bool IsUnreachable { get; init; }

    /// <summary>How long the hub wants to be left alone; null where it does not say.</summary>
    internal TimeSpan? RetryAfter { get; init; }
}
