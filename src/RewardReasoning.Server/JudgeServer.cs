using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Routing;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using RewardReasoning.Server.Chat;
using RewardReasoning.Server.Http;
using RewardReasoning.Server.Keys;
using RewardReasoning.Server.Mcp;
using RewardReasoning.Server.OpenApi;

namespace RewardReasoning.Server;

/// <summary>
/// A judge over HTTP: <c>/v1/judge</c> and <c>/v1/rank</c>, beside them OpenAI's chat completions interface where a chat model is served,
/// rewards for trainers, <c>/health</c>, <c>/ready</c> and <c>/metrics</c>. It writes no log; faults go to
/// <see cref="JudgeServerOptions.OnFailure"/>, without any text or key.
/// </summary>
public sealed class JudgeServer : IAsyncDisposable
{
    private const int MaxHeaderBytes = 16 << 10;
    private const int MaxHeaders = 64;
    private const double SlowestBytesPerSecond = 240;

    private readonly WebApplication _app;
    private readonly JudgeServerOptions _options;
    private readonly TimeProvider _time;
    private readonly ServerMeter _meter = new();
    private readonly Drain _drain = new();
    private readonly CancellationTokenSource _stopping = new();
    private ServedJudging? _judging;
    private Task? _stopped;

    private JudgeServer(WebApplication app, JudgeServerOptions options, TimeProvider time) =>
        (_app, _options, _time) = (app, options, time);

    /// <summary>Address up to <c>/v1</c>, with the port that it was given.</summary>
    public Uri Url =>
        new(
            new Uri(_app.Services.GetRequiredService<IServer>().Features.GetRequiredFeature<IServerAddressesFeature>().Addresses.Single()),
            "/v1"
        );

    /// <summary>Its addresses, each with the method that it takes.</summary>
    internal IEnumerable<(string Method, string Path)> Addresses =>
        ((IEndpointRouteBuilder)_app)
            .DataSources.SelectMany(source => source.Endpoints)
            .OfType<RouteEndpoint>()
            .SelectMany(endpoint =>
                (endpoint.Metadata.GetMetadata<HttpMethodMetadata>()?.HttpMethods ?? [HttpMethods.Get]).Select(method =>
                    (method, endpoint.RoutePattern.RawText ?? "")
                )
            );

    /// <summary>Starts a server, which answers when this returns.</summary>
    /// <param name="model">What is served; it must outlive the server.</param>
    /// <param name="options">How to serve it; the defaults if null.</param>
    /// <param name="time">Clock for deadlines and the times in answers; the system's if null.</param>
    /// <param name="cancellationToken">Cancels starting.</param>
    /// <exception cref="ArgumentException">The options have faults, all of which the message lists, or the model is nothing.</exception>
    /// <exception cref="RewardReasoningException">The keys cannot be read.</exception>
    /// <exception cref="IOException">The port is taken.</exception>
    public static async Task<JudgeServer> StartAsync(
        ServedModel model,
        JudgeServerOptions? options = null,
        TimeProvider? time = null,
        CancellationToken cancellationToken = default
    )
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentException.ThrowIfNullOrWhiteSpace(model.Name);
        if (model is { Judge: null, Chat: null })
        {
            throw new ArgumentException("There is neither a judge nor a chat model to serve; give one.", nameof(model));
        }

        options ??= new();
        options.Validate();
        time ??= TimeProvider.System;
        KeyRing keys = new(options.KeyFile, options.KeyVariable, time, options.OnFailure);
        McpRoutes? mcp = model.Judge is null ? null : new();
        WebApplication app = Build(options, mcp);
        JudgeServer server = new(app, options, time);
        RequestGuard guard = new(options, keys, server._meter, server._drain, server._stopping.Token);
        app.Use(guard.RunAsync);
        app.UseRouting();
        try
        {
            if (model.Judge is { } judge)
            {
                server._judging = await ServedJudging.StartAsync(
                    model,
                    judge,
                    options,
                    server._drain,
                    time,
                    server._stopping.Token,
                    cancellationToken
                );
                mcp?.Map(app, server._judging.ToolsFor(model, options));
            }

            server.Map(model);
            await app.StartAsync(cancellationToken);
        }
        catch
        {
            await app.DisposeAsync();
            await (server._judging?.DisposeAsync() ?? ValueTask.CompletedTask);
            throw;
        }

        return server;
    }

    /// <summary>
    /// Takes no new work, which is answered with 503, and finishes what was accepted; what takes longer than
    /// <see cref="JudgeServerOptions.DrainTimeout"/> is cancelled. Then the port is closed.
    /// </summary>
    public Task StopAsync() => _stopped ??= StopOnceAsync();

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        await _app.DisposeAsync();
        _stopping.Dispose();
        _drain.Dispose();
        _meter.Dispose();
    }

    private static WebApplication Build(JudgeServerOptions options, McpRoutes? mcp)
    {
        // An empty builder: no settings files, environment variables or log of the host can change what is served.
        WebApplicationBuilder builder = WebApplication.CreateEmptyBuilder(new());
        builder
            .WebHost.UseKestrelCore()
            .ConfigureKestrel(kestrel =>
            {
                kestrel.AddServerHeader = false;
                kestrel.Limits.MaxRequestBodySize = options.MaxRequestBytes;
                kestrel.Limits.MaxRequestHeadersTotalSize = MaxHeaderBytes;
                kestrel.Limits.MaxRequestHeaderCount = MaxHeaders;
                kestrel.Limits.MaxConcurrentConnections = options.MaxConnections;
                kestrel.Limits.RequestHeadersTimeout = options.SenderPatience;
                kestrel.Limits.MinRequestBodyDataRate = new(SlowestBytesPerSecond, options.SenderPatience);
                kestrel.Listen(
                    options.Address ?? throw new ArgumentException(options.Host),
                    options.Port,
                    listen => listen.Protocols = HttpProtocols.Http1
                );
            });
        builder.Services.AddRoutingCore();
        builder.Services.AddSingleton<IHostLifetime, CallersLifetime>();
        Telemetry.AddTo(builder, options.ExportsTelemetry);
        mcp?.AddTo(builder.Services);
        builder.Services.Configure<HostOptions>(host => host.ShutdownTimeout = TimeSpan.FromSeconds(5)); // all work has ended by then
        return builder.Build();
    }

    private void Map(ServedModel model)
    {
        HealthRoutes.Map(_app, _drain, () => _judging?.CheckStateAsync() ?? Task.CompletedTask);
        _app.MapPrometheusScrapingEndpoint("/metrics");
        OpenApiRoutes.Map(_app);
        _meter.Watch("under_way", "Requests and other work under way", () => _drain.UnderWay);
        if (model.Chat is { } chat)
        {
            Admission admission = new(_options.MaxCompletions, "completions");
            _meter.Watch("completions", "Completions of OpenAI's interface, running or waiting", () => admission.Inside);
            ChatModel served = new(model.Name, model.ContextLength, chat, admission);
            ChatRoutes.Map(_app, served, _time);
        }

        _judging?.Map(_app, _meter);
    }

    private async Task StopOnceAsync()
    {
        try
        {
            await _drain.BeginAsync().WaitAsync(_options.DrainTimeout, _time);
        }
        catch (TimeoutException)
        {
            await _stopping.CancelAsync();
        }

        await _app.StopAsync(CancellationToken.None);
        await (_judging?.DisposeAsync() ?? ValueTask.CompletedTask);
    }

    /// <summary>The caller starts and stops the server; the host must not react to signals of the process.</summary>
    private sealed class CallersLifetime : IHostLifetime
    {
        public Task WaitForStartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    }
}
