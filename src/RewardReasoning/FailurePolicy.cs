using System.Net;

namespace RewardReasoning;

/// <summary>How much work a failure ends.</summary>
public enum FailureScope
{
    /// <summary>One request failed and the next may succeed: that vote is missing.</summary>
    Vote,

    /// <summary>Every request for this comparison, query or row would fail in the same way: it is missing.</summary>
    Row,

    /// <summary>Every further request would fail, or its result would be lost: the run ends.</summary>
    Run,
}

/// <summary>
/// The one rule for what a failure ends. One instance serves one run and can be used from many threads.
/// <list type="bullet">
/// <item>
/// The <b>vote</b>: a server that cannot be reached, is silent, overloaded or gives an unusable answer, after all of its client's own
/// tries;
/// any exception of a chat client that is not known here. The vote is missing, and others are still counted. If all votes of a row fail,
/// the
/// row is missing.
/// </item>
/// <item>
/// The <b>row</b>: a request that the server refuses for its content (HTTP 400, 413, 422), a prompt longer than the context, a comparison
/// outside the judge's domain.
/// </item>
/// <item>
/// The <b>run</b>: wrong or missing credentials and unpaid accounts (HTTP 401, 402, 403), a failing store, since paid completions would be
/// lost, unusable recipes, options and model files, and mistakes in code (such as <see cref="ArgumentException"/> and
/// <see cref="NullReferenceException"/>), which must never pass for a missing judgment.
/// </item>
/// </list>
/// Until something has succeeded, a failure that would only end a vote ends the run as well: the server's address or the model's name is
/// then likely to be wrong, and asking for every other row would not help.
/// </summary>
internal sealed class FailurePolicy
{
    private volatile bool _hasSucceeded;

    /// <summary>Reports that a request of this run was answered.</summary>
    public void Succeeded() => _hasSucceeded = true;

    /// <summary>Whether a row (and not the run) ends with this exception, for use in an exception filter.</summary>
    /// <param name="exception">What was thrown while the row was processed.</param>
    /// <param name="cancellationToken">The run's token. Once it is cancelled, every exception ends the run.</param>
    public bool EndsOnlyTheRow(Exception exception, CancellationToken cancellationToken) =>
        !cancellationToken.IsCancellationRequested
        && ScopeOf(exception) switch
        {
            FailureScope.Vote => _hasSucceeded,
            FailureScope.Row => true,
            _ => false,
        };

    /// <summary>What an exception ends, where requests have succeeded before.</summary>
    public static FailureScope ScopeOf(Exception exception)
    {
        ArgumentNullException.ThrowIfNull(exception);
        return exception switch
        {
            _ when IsOverlongPrompt(exception) => FailureScope.Row,
            RewardReasoningException own => own.Scope,
            AggregateException { InnerExceptions: [{ } only] } => ScopeOf(only),
            HttpRequestException { StatusCode: { } status } => ScopeOf(status),
            HttpRequestException or TimeoutException or OperationCanceledException or InvalidDataException => FailureScope.Vote,
            IOException and not (FileNotFoundException or DirectoryNotFoundException or DriveNotFoundException) => FailureScope.Vote,
            SystemException => FailureScope.Run,
            _ => FailureScope.Vote,
        };
    }

    /// <summary>What an HTTP status ends that a server of models answered with.</summary>
    public static FailureScope ScopeOf(HttpStatusCode status) =>
        status switch
        {
            HttpStatusCode.Unauthorized or HttpStatusCode.PaymentRequired or HttpStatusCode.Forbidden => FailureScope.Run,
            HttpStatusCode.BadRequest or HttpStatusCode.RequestEntityTooLarge or HttpStatusCode.UnprocessableEntity => FailureScope.Row,
            _ => FailureScope.Vote,
        };

    private static bool IsOverlongPrompt(Exception exception) =>
        exception.Data[ChatResponseKeys.PromptTokens] is int && exception.Data[ChatResponseKeys.ContextTokens] is int;
}
