using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace RewardReasoning.Server.OpenApi;

/// <summary>
/// <c>GET /openapi/v1.json</c>. The document is a file of this project, since answers are written by <see cref="JudgmentJson"/> and the
/// like, of which a generator sees only .NET types; a test holds its addresses and fields to what the server does.
/// </summary>
internal static class OpenApiRoutes
{
    private const string Resource = "openapi.json";

    /// <summary>The address of the document.</summary>
    public const string Address = "/openapi/v1.json";

    /// <summary>Adds the route.</summary>
    public static void Map(IEndpointRouteBuilder routes) => routes.MapGet(Address, WriteAsync);

    /// <summary>The document.</summary>
    public static Stream Open() =>
        typeof(OpenApiRoutes).Assembly.GetManifestResourceStream(Resource)
        ?? throw new InvalidOperationException("The document is missing.");

    private static async Task WriteAsync(HttpContext http)
    {
        http.Response.ContentType = "application/json";
        using Stream document = Open();
        await document.CopyToAsync(http.Response.Body, http.RequestAborted);
    }
}
