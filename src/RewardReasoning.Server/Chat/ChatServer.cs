using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace RewardReasoning.Server.Chat;

/// <summary>
/// A server with OpenAI's chat completions interface over a chat client: <c>/v1/chat/completions</c>, <c>/v1/models</c> and <c>/health</c>.
/// It writes no log; faults go to <see cref="ChatServerOptions.OnFailure"/>, without any text or key. It does not own the client.
/// </summary>
public sealed class ChatServer : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly ChatServerOptions _options;
    private readonly ApiKey _key;
    private readonly ModelWire _model;

    private ChatServer(WebApplication app, ChatServerOptions options, TimeProvider time)
    {
        (_app, _options, _key) = (app, options, new ApiKey(options.ApiKeyVariable));
        _model = new ModelWire(options.Model, "model", time.GetUtcNow().ToUnixTimeSeconds(), "rrm", options.ContextLength);
    }

    /// <summary>Address up to <c>/v1</c>, with the port that it was given.</summary>
    public Uri Url =>
        new(
            new Uri(_app.Services.GetRequiredService<IServer>().Features.GetRequiredFeature<IServerAddressesFeature>().Addresses.Single()),
            "/v1"
        );

    /// <summary>Starts a server, which answers when this returns.</summary>
    /// <param name="client">Answers; it must be safe to use from many threads.</param>
    /// <param name="options">How to serve it.</param>
    /// <param name="time">Clock for the times in answers; the system's if null.</param>
    /// <param name="cancellationToken">Cancels starting.</param>
    /// <exception cref="ArgumentException">The options have faults; the message lists all of them.</exception>
    /// <exception cref="IOException">The port is taken.</exception>
    public static async Task<ChatServer> StartAsync(
        IChatClient client,
        ChatServerOptions options,
        TimeProvider? time = null,
        CancellationToken cancellationToken = default
    )
    {
        ArgumentNullException.ThrowIfNull(client);
        ArgumentNullException.ThrowIfNull(options);
        options.Validate();
        time ??= TimeProvider.System;

        // An empty builder: no settings files, environment variables or log of the host can change what is served.
        WebApplicationBuilder builder = WebApplication.CreateEmptyBuilder(new());
        builder
            .WebHost.UseKestrelCore()
            .ConfigureKestrel(kestrel =>
            {
                kestrel.AddServerHeader = false;
                kestrel.Limits.MaxRequestBodySize = options.MaxRequestBytes;
                kestrel.Listen(options.Address ?? throw new ArgumentException(options.Host), options.Port);
            });
        builder.Services.AddRoutingCore();
        builder.Services.AddSingleton<IHostLifetime, CallersLifetime>();
        builder.Services.Configure<HostOptions>(host => host.ShutdownTimeout = options.ShutdownTimeout);
        WebApplication app = builder.Build();
        ChatServer server = new(app, options, time);
        ChatCompletions completions = new(client, options, time);
        app.Use(server.GuardAsync);
        app.UseRouting();
        app.MapGet(
            "/health",
            context => ChatJson.WriteAsync(context.Response, StatusCodes.Status200OK, new("ok"), ChatJson.Wire.HealthWire)
        );
        app.MapGet(
            "/v1/models",
            context =>
                ChatJson.WriteAsync(context.Response, StatusCodes.Status200OK, new("list", [server._model]), ChatJson.Wire.ModelsWire)
        );
        app.MapGet("/v1/models/{**name}", server.DescribeModelAsync);
        app.MapPost("/v1/chat/completions", completions.AnswerAsync);
        try
        {
            await app.StartAsync(cancellationToken);
        }
        catch
        {
            await app.DisposeAsync();
            throw;
        }

        return server;
    }

    /// <summary>
    /// Accepts no more requests, gives running ones <see cref="ChatServerOptions.ShutdownTimeout"/> to end, and cancels the rest.
    /// </summary>
    public Task StopAsync() => _app.StopAsync(CancellationToken.None);

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        await _app.DisposeAsync();
    }

    private Task DescribeModelAsync(HttpContext context) =>
        context.Request.RouteValues["name"] as string == _model.Id
            ? ChatJson.WriteAsync(context.Response, StatusCodes.Status200OK, _model, ChatJson.Wire.ModelWire)
            : throw new ApiException(
                StatusCodes.Status404NotFound,
                $"There is no such model here; this server serves \"{_model.Id}\".",
                "model_not_found",
                "model"
            );

    /// <summary>Wraps every request: checks the key, and answers failures with an error object.</summary>
    private async Task GuardAsync(HttpContext context, RequestDelegate next)
    {
        try
        {
            if (!_options.Serves(context.Request.Host))
            {
                throw new ApiException(
                    StatusCodes.Status421MisdirectedRequest,
                    "This server answers requests for localhost and 127.0.0.1 only; the Host header names another host.",
                    "wrong_host"
                );
            }

            if (context.Request.Path != "/health")
            {
                _key.Require(context);
            }

            await next(context);
            if (
                !context.Response.HasStarted
                && context.Response.StatusCode is StatusCodes.Status404NotFound or StatusCodes.Status405MethodNotAllowed
            )
            {
                throw new ApiException(
                    context.Response.StatusCode,
                    "There is no such address or method here; this server has POST /v1/chat/completions, GET /v1/models and GET /health.",
                    "unknown_url"
                );
            }
        }
        catch (Exception) when (context.RequestAborted.IsCancellationRequested)
        {
            // The client has disconnected; there is nobody to answer.
        }
        catch (Exception error)
        {
            await AnswerErrorAsync(context, error);
        }
    }

    private async Task AnswerErrorAsync(HttpContext context, Exception error)
    {
        ApiException answer = ApiException.Of(error);
        if (answer.Status >= StatusCodes.Status500InternalServerError)
        {
            _options.OnFailure?.Invoke($"{context.Request.Method} {context.Request.Path}: {answer.Status} after {error.GetType().Name}");
        }

        if (!context.Response.HasStarted)
        {
            await ChatJson.WriteAsync(context.Response, answer.Status, answer.ToWire(), ChatJson.Wire.ErrorWire);
        }
    }

    /// <summary>The caller starts and stops the server; the host must not react to signals of the process.</summary>
    private sealed class CallersLifetime : IHostLifetime
    {
        public Task WaitForStartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    }
}
