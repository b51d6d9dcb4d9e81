using System.Collections.Frozen;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace RewardReasoning.Server.Page;

/// <summary>
/// The page where people judge, review and watch: files of this assembly that hold no data of their own, so that they need no key; what
/// they show they ask the other routes for. Nothing is loaded from elsewhere, and the policy lets a browser run no other script, so that
/// a response that holds one stays a text.
/// </summary>
internal static class PageRoutes
{
    private const string Prefix = "page/";
    private const string Index = "index.html";

    private const string ContentPolicy =
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob:; connect-src 'self'; "
        + "base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

    private static readonly FrozenDictionary<string, string> Types = new Dictionary<string, string>
    {
        [".html"] = "text/html; charset=utf-8",
        [".css"] = "text/css; charset=utf-8",
        [".js"] = "text/javascript; charset=utf-8",
        [".svg"] = "image/svg+xml",
    }.ToFrozenDictionary();

    /// <summary>The names of the files.</summary>
    private static readonly FrozenSet<string> Files = typeof(PageRoutes)
        .Assembly.GetManifestResourceNames()
        .Where(name => name.StartsWith(Prefix, StringComparison.Ordinal))
        .Select(name => name[Prefix.Length..])
        .ToFrozenSet(StringComparer.Ordinal);

    /// <summary>Whether an address is one of the page's files.</summary>
    public static bool IsOpen(PathString path) =>
        path == "/" || (path.Value is { } address && address.StartsWith("/" + Prefix, StringComparison.Ordinal));

    /// <summary>Adds the routes.</summary>
    public static void Map(IEndpointRouteBuilder routes)
    {
        routes.MapGet("/", http => WriteAsync(http, Index));
        routes.MapGet("/page/{file}", http => WriteAsync(http, http.Request.RouteValues["file"] as string ?? ""));
    }

    private static async Task WriteAsync(HttpContext http, string file)
    {
        if (!Files.Contains(file))
        {
            http.Response.StatusCode = StatusCodes.Status404NotFound;
            return;
        }

        http.Response.ContentType = Types[Path.GetExtension(file)];
        http.Response.Headers.ContentSecurityPolicy = ContentPolicy;
        http.Response.Headers["Referrer-Policy"] = "no-referrer";
        using Stream content =
            typeof(PageRoutes).Assembly.GetManifestResourceStream(Prefix + file)
            ?? throw new InvalidOperationException($"The page's file {file} is missing.");
        await content.CopyToAsync(http.Response.Body, http.RequestAborted);
    }
}
