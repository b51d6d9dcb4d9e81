using Microsoft.AspNetCore.Http;
using RewardReasoning.Server.Chat;
using RewardReasoning.Server.Http;
using RewardReasoning.Server.Keys;
using RewardReasoning.Server.Page;

namespace RewardReasoning.Server;

/// <summary>
/// Wraps every request: checks host, site and key, counts what is under way, and answers failures in the form of the address: OpenAI's
/// error object for its interface, problem details for all others.
/// </summary>
internal sealed class RequestGuard(JudgeServerOptions options, KeyRing keys, ServerMeter meter, Drain drain, CancellationToken stopping)
{
    public async Task RunAsync(HttpContext context, RequestDelegate next)
    {
        CancellationToken gone = context.RequestAborted;
        using CancellationTokenSource either = CancellationTokenSource.CreateLinkedTokenSource(gone, stopping);
        context.RequestAborted = either.Token;
        context.Response.Headers.XContentTypeOptions = "nosniff";
        context.Response.Headers.CacheControl = "no-store";
        try
        {
            RequireOwnHost(context.Request);
            RequireSameSite(context.Request);
            if (!HealthRoutes.IsOpen(context.Request.Path) && !PageRoutes.IsOpen(context.Request.Path))
            {
                using IDisposable? limits = keys.Enter(context.Request);
                using IDisposable work = drain.Enter(isNew: HttpMethods.IsPost(context.Request.Method));
                await next(context);
            }
            else
            {
                await next(context);
            }

            RequireFound(context);
        }
        catch (Exception) when (gone.IsCancellationRequested)
        {
            // The client has disconnected; there is nobody to answer.
        }
        catch (BrokenAnswerException broken)
        {
            await AnswerErrorAsync(context, broken.InnerException ?? broken);
            throw; // the server then closes the connection without the answer's end
        }
        catch (Exception error)
        {
            context.RequestAborted = gone;
            await AnswerErrorAsync(
                context,
                stopping.IsCancellationRequested && error is OperationCanceledException ? Drain.Stopping() : error
            );
        }
    }

    private void RequireOwnHost(HttpRequest request)
    {
        if (!options.Serves(request.Host))
        {
            throw new ApiException(
                StatusCodes.Status421MisdirectedRequest,
                "The Host header names a host under which this server does not answer (--allowed-host NAME adds one).",
                "wrong_host"
            );
        }
    }

    /// <summary>Browsers say when a page of another site sends a request; nothing of this server is for such pages.</summary>
    private static void RequireSameSite(HttpRequest request)
    {
        string origin = request.Headers.Origin.ToString();
        bool isOwn = origin.Length == 0 || (Uri.TryCreate(origin, UriKind.Absolute, out Uri? from) && from.Authority == request.Host.Value);
        if (!isOwn || request.Headers["Sec-Fetch-Site"].ToString() is "cross-site" or "same-site")
        {
            throw new ApiException(
                StatusCodes.Status403Forbidden,
                "A page of another site sent this request; this server answers its own pages and programs only.",
                "cross_site"
            );
        }
    }

    private static void RequireFound(HttpContext context)
    {
        if (
            !context.Response.HasStarted
            && context.Response.StatusCode is StatusCodes.Status404NotFound or StatusCodes.Status405MethodNotAllowed
        )
        {
            throw new ApiException(
                context.Response.StatusCode,
                "There is no such address or method here; docs/serving.md lists the addresses.",
                "unknown_url"
            );
        }
    }

    private async Task AnswerErrorAsync(HttpContext context, Exception error)
    {
        bool isChat = ChatRoutes.Owns(context.Request.Path);
        ApiException answer = isChat ? ApiException.OfModel(error) : ApiException.Of(error);
        meter.CountRefused(answer);
        if (answer.Status == StatusCodes.Status500InternalServerError || answer.Status == StatusCodes.Status502BadGateway)
        {
            options.OnFailure?.Invoke($"{context.Request.Method} {context.Request.Path}: {answer.Status} after {error.GetType().Name}");
        }

        if (context.Response.HasStarted)
        {
            return;
        }

        JsonAnswer.SetHeaders(context.Response, answer);
        await (
            isChat
                ? ChatJson.WriteAsync(context.Response, answer.Status, ErrorWire.Of(answer), ChatJson.Wire.ErrorWire)
                : JsonAnswer.WriteProblemAsync(context, answer)
        );
    }
}
