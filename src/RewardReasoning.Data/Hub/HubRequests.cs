using System.Net;
using System.Net.Http.Headers;

namespace RewardReasoning.Data.Hub;

/// <summary>Requests to the hub: the token, redirects, and refusals in words.</summary>
internal sealed class HubRequests(HubOptions options, HttpClient http, TimeProvider time)
{
    private const int MostRedirects = 10;

    /// <summary>Asks an address, and follows where it points to. The token goes to the hub itself alone.</summary>
    /// <param name="url">The address.</param>
    /// <param name="from">The first byte that is wanted.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public async Task<HttpResponseMessage> GetAsync(Uri url, long from, CancellationToken cancellationToken)
    {
        Uri at = url;
        for (int hop = 0; hop <= MostRedirects; hop++)
        {
            using HttpRequestMessage request = new(HttpMethod.Get, at);
            request.Headers.Authorization = options.Token is { } token && IsHub(at) ? new AuthenticationHeaderValue("Bearer", token) : null;
            request.Headers.Range = from > 0 ? new RangeHeaderValue(from, null) : null;
            HttpResponseMessage response = await SendAsync(request, cancellationToken).ConfigureAwait(false);
            if (!IsRedirect(response.StatusCode) || response.Headers.Location is not { } location)
            {
                return response;
            }

            response.Dispose();
            Uri next = new(at, location);
            if (next.Scheme is not ("http" or "https") || (at.Scheme == "https" && next.Scheme != "https"))
            {
                throw new HubException($"{Shown(at)} points to {Shown(next)}, which is not https; it is not followed.");
            }

            at = next;
        }

        throw new HubException($"{Shown(url)} points on and on, more than {MostRedirects} times.");
    }

    /// <summary>Why an answer is no success.</summary>
    public HubException ErrorOf(HttpResponseMessage response, string what)
    {
        string message = (response.StatusCode, Header(response, "X-Error-Code")) switch
        {
            (HttpStatusCode.Unauthorized, _) when options.Token is null =>
                "does not exist, or is not public. Check its name; where it is private, put an access token into HF_TOKEN.",
            (HttpStatusCode.Unauthorized, _) =>
                "does not exist, or the token in HF_TOKEN is not valid for it. Check the name and the token.",
            (_, "GatedRepo") or (HttpStatusCode.Forbidden, _) =>
                $"is not open to {(options.Token is null ? "everybody; put an access token into HF_TOKEN" : "the token in HF_TOKEN")}. "
                    + $"Where it is gated, its conditions are accepted on its page at {Shown(options.Endpoint)}.",
            (HttpStatusCode.NotFound, "RevisionNotFound") => "has no such revision.",
            (HttpStatusCode.NotFound, "EntryNotFound") => "has no such file or folder.",
            (HttpStatusCode.NotFound, _) => "does not exist.",
            (HttpStatusCode.TooManyRequests, _) => "is asked for too often (429). Try again later, or with a token in HF_TOKEN.",
            _ => $"could not be had: {Shown(response.RequestMessage?.RequestUri ?? options.Endpoint)} answers {(int)response.StatusCode}.",
        };
        return new($"{what} {message}")
        {
            Status = response.StatusCode,
            IsTransient =
                response.StatusCode is HttpStatusCode.RequestTimeout or HttpStatusCode.TooManyRequests || (int)response.StatusCode >= 500,
            RetryAfter = response.Headers.RetryAfter switch
            {
                { Delta: { } delta } => delta,
                { Date: { } date } when date > time.GetUtcNow() => date - time.GetUtcNow(),
                _ => null,
            },
        };
    }

    /// <summary>A connection on which nothing comes.</summary>
    public HubException Silent(Uri? url) =>
        new($"{Shown(url ?? options.Endpoint)} has not answered for {(int)options.IdleTimeout.TotalSeconds} s.")
        {
            IsTransient = true,
            IsUnreachable = true,
        };

    /// <summary>An address without what may be secret in it: a signature is part of a query.</summary>
    public static string Shown(Uri url) =>
        url.GetComponents(UriComponents.SchemeAndServer | UriComponents.Path, UriFormat.UriEscaped).TrimEnd('/');

    private async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        using CancellationTokenSource idle = new(options.IdleTimeout, time);
        using CancellationTokenRegistration stop = cancellationToken.UnsafeRegister(
            source => ((CancellationTokenSource?)source)?.Cancel(),
            idle
        );
        try
        {
            return await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, idle.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw Silent(request.RequestUri);
        }
        catch (HttpRequestException error)
        {
            throw new HubException(
                $"{Shown(request.RequestUri ?? options.Endpoint)} cannot be reached: {error.InnerException?.Message ?? error.Message}",
                error
            )
            {
                IsTransient = true,
                IsUnreachable = true,
            };
        }
    }

    private bool IsHub(Uri url) =>
        Uri.Compare(url, options.Endpoint, UriComponents.SchemeAndServer, UriFormat.UriEscaped, StringComparison.OrdinalIgnoreCase) == 0;

    private static bool IsRedirect(HttpStatusCode status) => (int)status is 301 or 302 or 303 or 307 or 308;

    private static string? Header(HttpResponseMessage response, string name) =>
        response.Headers.TryGetValues(name, out IEnumerable<string>? values) ? values.FirstOrDefault() : null;
}
