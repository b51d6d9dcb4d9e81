using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.DependencyInjection;
using RewardReasoning.Server.Http;
using RewardReasoning.Server.Rewards;
using RewardReasoning.Storage.Rewards;

namespace RewardReasoning.Server.Tests.Rewards;

/// <summary>What came back.</summary>
internal sealed record RewardReply(int Status, string Body, string? MediaType)
{
    public JsonElement Json => JsonDocument.Parse(Body).RootElement;

    public double Reward => Json.GetProperty("reward").GetDouble();
}

/// <summary>The addresses for rewards over a socket of this machine, faults as problem details, and plain HTTP to ask.</summary>
internal sealed class RewardHost : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly CancellationTokenSource _stopping;

    private RewardHost(WebApplication app, RewardService service, CancellationTokenSource stopping)
    {
        (_app, Service, _stopping) = (app, service, stopping);
        Http = new HttpClient { BaseAddress = Url, Timeout = TimeSpan.FromMinutes(2) };
    }

    public RewardService Service { get; }

    public HttpClient Http { get; }

    public Uri Url =>
        new(_app.Services.GetRequiredService<IServer>().Features.GetRequiredFeature<IServerAddressesFeature>().Addresses.Single());

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public static async Task<RewardHost> StartAsync(
        RewardJudge judge,
        RewardOptions? options = null,
        IRewardLedger? ledger = null,
        TimeProvider? time = null,
        Admission? bodies = null
    )
    {
        ledger ??= new MemoryRewardLedger();
        RewardService service = await RewardService.StartAsync(judge, options ?? new(), ledger, time ?? TimeProvider.System);
        WebApplicationBuilder builder = WebApplication.CreateEmptyBuilder(new());
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel => kestrel.Listen(System.Net.IPAddress.Loopback, 0));
        builder.Services.AddRoutingCore();
        WebApplication app = builder.Build();
        CancellationTokenSource stopping = new();
        app.Use((context, next) => AnswerFaultsAsync(context, next));
        app.UseRouting();
        app.MapRewards(service, new BodyAdmission(bodies ?? new Admission(64, "MiB of requests"), 1 << 20, time ?? TimeProvider.System));
        await app.StartAsync(Cancellation);
        return new(app, service, stopping);
    }

    public Task<RewardReply> PostAsync(string path, JsonNode? body) => PostAsync(path, body?.ToJsonString() ?? "null");

    public async Task<RewardReply> PostAsync(string path, string body, CancellationToken? cancellation = null)
    {
        using StringContent content = new(body, Encoding.UTF8, "application/json");
        using HttpResponseMessage response = await Http.PostAsync(path, content, cancellation ?? Cancellation);
        return await ReadAsync(response);
    }

    public async Task<RewardReply> GetAsync(string path)
    {
        using HttpResponseMessage response = await Http.GetAsync(path, Cancellation);
        return await ReadAsync(response);
    }

    public async ValueTask DisposeAsync()
    {
        Http.Dispose();
        await _stopping.CancelAsync();
        await Service.StopAsync();
        await _app.StopAsync(CancellationToken.None);
        await _app.DisposeAsync();
        await Service.DisposeAsync();
        _stopping.Dispose();
    }

    private static async Task AnswerFaultsAsync(HttpContext context, RequestDelegate next)
    {
        try
        {
            await next(context);
        }
        catch (Exception fault) when (!context.RequestAborted.IsCancellationRequested)
        {
            ApiException answer = ApiException.Of(fault);
            JsonAnswer.SetHeaders(context.Response, answer);
            await JsonAnswer.WriteProblemAsync(context, answer);
        }
    }

    private static async Task<RewardReply> ReadAsync(HttpResponseMessage response) =>
        new(
            (int)response.StatusCode,
            await response.Content.ReadAsStringAsync(Cancellation),
            response.Content.Headers.ContentType?.MediaType
        );
}
