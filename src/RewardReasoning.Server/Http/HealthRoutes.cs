using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace RewardReasoning.Server.Http;

/// <summary>
/// <c>GET /health</c> says that the process answers, <c>GET /ready</c> whether it takes new work and can use its store. Neither needs a
/// key, and neither says more.
/// </summary>
internal static class HealthRoutes
{
    private const string Health = "/health";
    private const string Ready = "/ready";

    /// <summary>Whether an address is one of these.</summary>
    public static bool IsOpen(PathString path) => path == Health || path == Ready;

    /// <summary>Adds the routes.</summary>
    /// <param name="routes">Where to.</param>
    /// <param name="drain">Whether the server is stopping.</param>
    /// <param name="checkState">Throws where the state cannot be used.</param>
    public static void Map(IEndpointRouteBuilder routes, Drain drain, Func<Task> checkState)
    {
        routes.MapGet(Health, context => WriteAsync(context, "ok"));
        routes.MapGet(
            Ready,
            async context =>
            {
                if (drain.HasBegun)
                {
                    throw Drain.Stopping();
                }

                await checkState();
                await WriteAsync(context, "ready");
            }
        );
    }

    private static Task WriteAsync(HttpContext context, string status) =>
        JsonAnswer.WriteAsync(
            context,
            json =>
            {
                json.WriteStartObject();
                json.WriteString("status", status);
                json.WriteEndObject();
            }
        );
}
