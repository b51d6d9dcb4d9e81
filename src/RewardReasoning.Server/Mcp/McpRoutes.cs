using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using ModelContextProtocol.Protocol;
using ModelContextProtocol.Server;

namespace RewardReasoning.Server.Mcp;

/// <summary><c>/mcp</c>: the judge's tools over streamable HTTP, without sessions, so that any replica answers any request.</summary>
internal sealed class McpRoutes
{
    private const string Name = "rrm";

    private IReadOnlyList<McpServerTool> _tools = [];

    /// <summary>What a server tells of itself, with its tools.</summary>
    public static McpServerOptions OptionsOf(IReadOnlyList<McpServerTool> tools)
    {
        McpServerOptions options = new();
        Describe(options, tools);
        return options;
    }

    /// <summary>Adds what the routes need.</summary>
    public void AddTo(IServiceCollection services) =>
        services
            .AddMcpServer()
            .WithHttpTransport(transport =>
            {
                transport.Stateless = true;
                transport.ConfigureSessionOptions = (_, options, _) =>
                {
                    Describe(options, _tools);
                    return Task.CompletedTask;
                };
            });

    /// <summary>Adds the routes.</summary>
    public void Map(IEndpointRouteBuilder routes, IReadOnlyList<McpServerTool> tools)
    {
        _tools = tools;
        routes.MapMcp("/mcp");
    }

    private static void Describe(McpServerOptions options, IReadOnlyList<McpServerTool> tools)
    {
        options.ServerInfo = new Implementation
        {
            Name = Name,
            Title = "RewardReasoning",
            Version = typeof(McpRoutes).Assembly.GetName().Version?.ToString(3) ?? "0",
        };
        options.ToolCollection = [.. tools];
    }
}
