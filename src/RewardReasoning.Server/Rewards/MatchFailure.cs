using System.Net;

namespace RewardReasoning.Server.Rewards;

/// <summary>Why a match has no winner, as one of the classes that clients know.</summary>
internal static class MatchFailure
{
    /// <summary>Of a judgment without a preferred response: the class of most of its votes.</summary>
    public static FailureClass Of(Judgment judgment) =>
        judgment
            .Votes.Where(vote => vote.Verdict == Verdict.Unparsable)
            .Select(Of)
            .GroupBy(failure => failure)
            .OrderByDescending(group => group.Count())
            .ThenBy(group => group.Key)
            .Select(group => group.Key)
            .DefaultIfEmpty(FailureClass.Unparsable)
            .First();

    /// <summary>Of what the judge threw.</summary>
    public static FailureClass Of(Exception failure) => Of(RequestFailure.Of(failure));

    /// <summary>Whether the same question may be answered later.</summary>
    public static bool IsRetryable(FailureClass failure) =>
        failure is FailureClass.Transport or FailureClass.Overload or FailureClass.TimeoutJudge or FailureClass.TimeoutCollect;

    private static FailureClass Of(Vote vote) =>
        vote switch
        {
            { Fault: VoteFault.Failed, Failure: { } failure } => Of(failure),
            { Fault: VoteFault.Refused } => FailureClass.Refused,
            { Fault: VoteFault.Cut } => FailureClass.Cut,
            _ => FailureClass.Unparsable,
        };

    private static FailureClass Of(RequestFailure failure) =>
        failure.Status is { } status ? Of(status)
        : failure.Scope == FailureScope.Row ? FailureClass.Refused
        : FailureClass.Transport;

    private static FailureClass Of(HttpStatusCode status) =>
        status switch
        {
            HttpStatusCode.TooManyRequests or HttpStatusCode.ServiceUnavailable => FailureClass.Overload,
            HttpStatusCode.Unauthorized or HttpStatusCode.PaymentRequired or HttpStatusCode.Forbidden => FailureClass.Refused,
            _ => FailurePolicy.ScopeOf(status) == FailureScope.Row ? FailureClass.Refused : FailureClass.Transport,
        };
}
