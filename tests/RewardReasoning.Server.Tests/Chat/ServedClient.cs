using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.Extensions.AI;

namespace RewardReasoning.Server.Tests.Chat;

/// <summary>What came back from a <see cref="ServedClient"/>.</summary>
internal sealed record Answer(int Status, string Body, HttpResponseHeaders Headers)
{
    public JsonElement Json => JsonDocument.Parse(Body).RootElement;

    public JsonElement Error => Json.GetProperty("error");

    /// <summary>The events of a stream, the last one, <c>[DONE]</c>, left out.</summary>
    public JsonElement[] Events =>
        [
            .. Body.Split("\n\n", StringSplitOptions.RemoveEmptyEntries)
                .Select(line => line["data: ".Length..])
                .Where(data => data != "[DONE]")
                .Select(data => JsonDocument.Parse(data).RootElement),
        ];
}

/// <summary>A chat client behind a server on a free port of this machine, and plain HTTP to ask it with.</summary>
internal sealed class ServedClient : IAsyncDisposable
{
    public const string Model = "judge";

    private readonly HttpClient _http = new();

    private ServedClient(JudgeServer server) => Server = server;

    public JudgeServer Server { get; }

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public static Task<ServedClient> StartAsync(IChatClient client, Func<JudgeServerOptions, JudgeServerOptions>? change = null) =>
        StartAsync(new ServedModel { Name = Model, Chat = client }, change);

    public static async Task<ServedClient> StartAsync(ServedModel model, Func<JudgeServerOptions, JudgeServerOptions>? change = null)
    {
        JudgeServerOptions options = new() { Port = 0 };
        return new(await JudgeServer.StartAsync(model, change is null ? options : change(options), TimeProvider.System, Cancellation));
    }

    /// <summary>A request with one user message and these fields besides.</summary>
    public static JsonObject Request(string fields = "{}")
    {
        JsonObject request = JsonNode.Parse(fields)!.AsObject();
        request.TryAdd("model", Model);
        request.TryAdd("messages", JsonNode.Parse("""[{"role": "user", "content": "q"}]"""));
        return request;
    }

    public Task<Answer> AskAsync(string fields = "{}") => PostAsync(Request(fields).ToJsonString());

    public async Task<Answer> PostAsync(string body, string? key = null, string mediaType = "application/json")
    {
        using HttpRequestMessage message = new(HttpMethod.Post, $"{Server.Url}/chat/completions")
        {
            Content = new StringContent(body, Encoding.UTF8, mediaType),
        };
        return await SendAsync(message, key);
    }

    public async Task<Answer> GetAsync(string path, string? key = null)
    {
        using HttpRequestMessage message = new(HttpMethod.Get, new Uri(Server.Url, path));
        return await SendAsync(message, key);
    }

    public async ValueTask DisposeAsync()
    {
        _http.Dispose();
        await Server.DisposeAsync();
    }

    private async Task<Answer> SendAsync(HttpRequestMessage message, string? key)
    {
        message.Headers.Authorization = key is null ? null : new("Bearer", key);
        using HttpResponseMessage response = await _http.SendAsync(message, Cancellation);
        return new((int)response.StatusCode, await response.Content.ReadAsStringAsync(Cancellation), response.Headers);
    }
}
