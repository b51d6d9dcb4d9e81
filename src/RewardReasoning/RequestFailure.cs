using System.Net;

namespace RewardReasoning;

/// <summary>How a request failed, without the exception: two failures of one kind are equal.</summary>
/// <param name="Status">What the server answered with; null where it did not answer, or is no server.</param>
/// <param name="Scope">How much work ends with it.</param>
internal sealed record RequestFailure(HttpStatusCode? Status, FailureScope Scope)
{
    /// <summary>What an exception says.</summary>
    public static RequestFailure Of(Exception exception) =>
        exception switch
        {
            AggregateException { InnerExceptions: [{ } only] } => Of(only),
            RewardReasoningException { ServerStatus: { } status } => new(status, FailurePolicy.ScopeOf(exception)),
            HttpRequestException { StatusCode: { } status } => new(status, FailurePolicy.ScopeOf(exception)),
            _ => new(null, FailurePolicy.ScopeOf(exception)),
        };
}
