using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using Microsoft.Extensions.AI;
using RewardReasoning.Judging;
using RewardReasoning.Storage;

namespace RewardReasoning.Server.Tests.Judging;

/// <summary>What came back from a <see cref="ServedJudge"/>.</summary>
internal sealed record JudgeAnswer(int Status, string Body, HttpResponseHeaders Headers, string? MediaType)
{
    public JsonElement Json => JsonDocument.Parse(Body).RootElement;

    /// <summary>The events of a stream: their names and data.</summary>
    public (string Name, JsonElement Data)[] Events =>
        [
            .. Body.Split("\n\n", StringSplitOptions.RemoveEmptyEntries)
                .Select(text => text.Split('\n'))
                .Select(lines => (lines[0]["event: ".Length..], JsonDocument.Parse(lines[1]["data: ".Length..]).RootElement)),
        ];
}

/// <summary>A judge over a client, served on a free port of this machine, and plain HTTP to ask it with.</summary>
internal sealed class ServedJudge : IAsyncDisposable
{
    private readonly OpenedJudge _judge;
    private readonly HttpClient _http = new();

    private ServedJudge(OpenedJudge judge, JudgeServer server) => (_judge, Server) = (judge, server);

    public JudgeServer Server { get; }

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public static async Task<ServedJudge> StartAsync(
        IChatClient client,
        Func<JudgeServerOptions, JudgeServerOptions>? change = null,
        JudgeOptions? judging = null,
        TimeProvider? time = null,
        ICompletionStore? store = null
    )
    {
        OpenedJudge judge = JudgeFactory.Open(client, judging);
        JudgeServerOptions options = new() { Port = 0 };
        ServedModel model = new()
        {
            Name = "judge",
            Judge = judge,
            Store = store,
        };
        return new(judge, await JudgeServer.StartAsync(model, change is null ? options : change(options), time, Cancellation));
    }

    public async Task<JudgeAnswer> PostAsync(string path, string body, string mediaType = "application/json")
    {
        using HttpRequestMessage request = new(HttpMethod.Post, new Uri(Server.Url, path))
        {
            Content = new StringContent(body, Encoding.UTF8, mediaType),
        };
        return await SendAsync(request);
    }

    public Task<JudgeAnswer> GetAsync(string path) => SendAsync(HttpMethod.Get, path);

    public Task<JudgeAnswer> PutAsync(string path, string body) => SendAsync(HttpMethod.Put, path, body);

    public Task<JudgeAnswer> DeleteAsync(string path) => SendAsync(HttpMethod.Delete, path);

    private async Task<JudgeAnswer> SendAsync(HttpMethod method, string path, string? body = null)
    {
        using HttpRequestMessage request = new(method, new Uri(Server.Url, path))
        {
            Content = body is null ? null : new StringContent(body, Encoding.UTF8, "application/json"),
        };
        return await SendAsync(request);
    }

    public async Task<JudgeAnswer> SendAsync(HttpRequestMessage request)
    {
        using HttpResponseMessage response = await _http.SendAsync(request, Cancellation);
        return new(
            (int)response.StatusCode,
            await response.Content.ReadAsStringAsync(Cancellation),
            response.Headers,
            response.Content.Headers.ContentType?.MediaType
        );
    }

    public async ValueTask DisposeAsync()
    {
        _http.Dispose();
        await Server.DisposeAsync();
        _judge.Dispose();
    }
}
