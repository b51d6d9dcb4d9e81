using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http;

namespace RewardReasoning.Testing;

/// <summary>A request that reached a <see cref="FakeOpenAIServer"/>.</summary>
/// <param name="Index">From 0, in the order they came.</param>
/// <param name="Path">Path of the URL.</param>
/// <param name="Body">The JSON object that was sent.</param>
/// <param name="Authorization">The header of that name, or null.</param>
public sealed record FakeRequest(int Index, string Path, JsonObject Body, string? Authorization)
{
    /// <summary>Whether the client went away before it had its answer.</summary>
    public bool WasAborted { get; internal set; }

    internal IHeaderDictionary? Headers { get; init; }

    /// <summary>The value of a header, or null.</summary>
    public string? Header(string name) => Headers?.TryGetValue(name, out var value) == true ? value.ToString() : null;

    /// <summary>Whether a streamed answer was asked for.</summary>
    public bool Streams => Body["stream"]?.GetValue<bool>() == true;

    /// <summary>Content of the last message of a role.</summary>
    public string? LastContent(string role) =>
        Body["messages"]?.AsArray().LastOrDefault(message => message?["role"]?.GetValue<string>() == role)?["content"]?.GetValue<string>();
}

/// <summary>What a <see cref="FakeOpenAIServer"/> answers.</summary>
public sealed record FakeReply
{
    /// <summary>HTTP status.</summary>
    public int Status { get; init; } = 200;

    /// <summary>A body sent as it is, instead of a completion; null for a completion.</summary>
    public string? Body { get; init; }

    /// <summary>Media type of <see cref="Body"/>.</summary>
    public string MediaType { get; init; } = "application/json";

    /// <summary>Further headers.</summary>
    public IReadOnlyDictionary<string, string> Headers { get; init; } = new Dictionary<string, string>();

    /// <summary>The completion's content.</summary>
    public string Content { get; init; } = "";

    /// <summary>The completion's thought, in the field <see cref="ReasoningField"/>; null for none.</summary>
    public string? Reasoning { get; init; }

    /// <summary>The name under which this flavour of server returns thoughts: <c>reasoning</c> or <c>reasoning_content</c>.</summary>
    public string ReasoningField { get; init; } = "reasoning";

    /// <summary>Why the completion ended.</summary>
    public string FinishReason { get; init; } = "stop";

    /// <summary>The object <c>usage</c>; null to leave it out.</summary>
    public JsonObject? Usage { get; init; } =
        new()
        {
            ["prompt_tokens"] = 10,
            ["completion_tokens"] = 5,
            ["total_tokens"] = 15,
        };

    /// <summary>The object <c>logprobs</c> of the choice; null to leave it out.</summary>
    public JsonObject? LogProbs { get; init; }

    /// <summary>How many choices a whole answer has, all alike.</summary>
    public int Choices { get; init; } = 1;

    /// <summary>Characters per streamed piece.</summary>
    public int PieceLength { get; init; } = 3;

    /// <summary>Answers whole even where a stream was asked for.</summary>
    public bool NeverStreams { get; init; }

    /// <summary>Never answers.</summary>
    public bool Hangs { get; init; }

    /// <summary>Sends so many streamed pieces and then no more, with the connection open.</summary>
    public int? HangsAfterPieces { get; init; }

    /// <summary>Answers no earlier than this is over.</summary>
    public Task After { get; init; } = Task.CompletedTask;

    /// <summary>Breaks the connection in the middle of the answer.</summary>
    public bool Resets { get; init; }

    /// <summary>With <see cref="Resets"/> on a streamed answer: what it waits for after the first piece of text before it breaks.</summary>
    public Task ResetsAfter { get; init; } = Task.CompletedTask;

    /// <summary>A completion.</summary>
    public static FakeReply Completion(string content, string? reasoning = null) => new() { Content = content, Reasoning = reasoning };

    /// <summary>An HTML page, as proxies send.</summary>
    public static FakeReply Html(string title = "Welcome to nginx!", int status = 200) =>
        new()
        {
            Status = status,
            Body = $"<!DOCTYPE html>\n<html><head><title>{title}</title></head><body>hello</body></html>",
            MediaType = "text/html",
        };

    /// <summary>A refusal with an error object.</summary>
    public static FakeReply Error(int status, string message) =>
        new()
        {
            Status = status,
            Body = new JsonObject
            {
                ["error"] = new JsonObject { ["message"] = message, ["code"] = status },
            }.ToJsonString(),
        };
}

/// <summary>
/// A server with <c>/v1/chat/completions</c> on a real loopback socket, that answers from a script, with all the ways in which real ones
/// fail.
/// </summary>
public sealed class FakeOpenAIServer : IAsyncDisposable
{
    private readonly Func<FakeRequest, FakeReply> _script;
    private readonly ConcurrentDictionary<int, FakeRequest> _requests = new();
    private readonly CancellationTokenSource _stop = new();
    private LoopbackServer? _server;
    private int _count;
    private int _inFlight;
    private int _mostInFlight;

    private readonly bool _answersGets;

    private FakeOpenAIServer(Func<FakeRequest, FakeReply> script, bool answersGets) => (_script, _answersGets) = (script, answersGets);

    /// <summary>Address up to <c>/v1</c>.</summary>
    public Uri Url => new(Server.Url, "v1");

    /// <summary>All requests so far, in the order they came.</summary>
    /// <remarks>A snapshot: LINQ alone fails where a request comes while it copies.</remarks>
    public IReadOnlyList<FakeRequest> Requests => [.. _requests.ToArray().OrderBy(entry => entry.Key).Select(entry => entry.Value)];

    /// <summary>The most requests that were under way at once.</summary>
    public int MostInFlight => _mostInFlight;

    /// <summary>Starts a server that gives these answers in turn, and the last one ever after.</summary>
    public static Task<FakeOpenAIServer> StartAsync(params FakeReply[] replies) =>
        StartAsync(request => replies[Math.Min(request.Index, replies.Length - 1)]);

    /// <summary>Starts a server whose answers a function makes; it is called from many threads.</summary>
    /// <param name="script">Makes the answer to a request.</param>
    /// <param name="certificate">Makes it a server of https; null for http.</param>
    /// <param name="answersGets">Whether the script answers GET too, such as the list of models; else there is nothing to read.</param>
    public static async Task<FakeOpenAIServer> StartAsync(
        Func<FakeRequest, FakeReply> script,
        X509Certificate2? certificate = null,
        bool answersGets = false
    )
    {
        FakeOpenAIServer server = new(script, answersGets);
        server._server = await LoopbackServer.StartAsync(server.HandleAsync, certificate);
        return server;
    }

    /// <summary>An address on this machine at which nothing listens.</summary>
    public static Uri UnusedUrl()
    {
        using TcpListener listener = new(IPAddress.Loopback, 0);
        listener.Start();
        int port = ((IPEndPoint)listener.LocalEndpoint).Port;
        listener.Stop();
        return new Uri($"http://127.0.0.1:{port}/v1");
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await Server.DisposeAsync();
        _stop.Dispose();
    }

    private LoopbackServer Server => _server ?? throw new InvalidOperationException("The server was not started.");

    private async Task HandleAsync(HttpContext context)
    {
        if (HttpMethods.IsGet(context.Request.Method) && !_answersGets)
        {
            context.Response.StatusCode = StatusCodes.Status404NotFound;
            return;
        }

        using CancellationTokenSource gone = CancellationTokenSource.CreateLinkedTokenSource(_stop.Token, context.RequestAborted);
        JsonObject body = HttpMethods.IsGet(context.Request.Method)
            ? []
            : await JsonNode.ParseAsync(context.Request.Body, cancellationToken: gone.Token) as JsonObject ?? [];
        int index = Interlocked.Increment(ref _count) - 1;
        FakeRequest request = new(index, context.Request.Path, body, context.Request.Headers.Authorization)
        {
            Headers = new HeaderDictionary(context.Request.Headers.ToDictionary(StringComparer.OrdinalIgnoreCase)),
        };
        _requests[index] = request;
        int inFlight = Interlocked.Increment(ref _inFlight);
        for (int most = _mostInFlight; most < inFlight; most = _mostInFlight)
        {
            Interlocked.CompareExchange(ref _mostInFlight, inFlight, most);
        }

        FakeReply reply = _script(request);
        context.Response.StatusCode = reply.Status;
        foreach ((string name, string value) in reply.Headers)
        {
            context.Response.Headers[name] = value;
        }

        try
        {
            await reply.After.WaitAsync(gone.Token);
            await (
                reply switch
                {
                    { Hangs: true } => Task.Delay(Timeout.Infinite, gone.Token),
                    { Body: { } text } => WriteAsync(context, reply, text, reply.MediaType, gone.Token),
                    _ when request.Streams && !reply.NeverStreams => StreamAsync(context, reply, gone.Token),
                    _ => WriteAsync(context, reply, WholeAnswer(reply).ToJsonString(), "application/json", gone.Token),
                }
            );
        }
        catch (OperationCanceledException) when (gone.IsCancellationRequested)
        {
            request.WasAborted = context.RequestAborted.IsCancellationRequested;
            context.Abort();
        }
        finally
        {
            Interlocked.Decrement(ref _inFlight);
        }
    }

    private static async Task WriteAsync(
        HttpContext context,
        FakeReply reply,
        string text,
        string mediaType,
        CancellationToken cancellationToken
    )
    {
        context.Response.ContentType = mediaType;
        if (reply.Resets)
        {
            await context.Response.WriteAsync(text[..(text.Length / 2)], cancellationToken);
            await context.Response.Body.FlushAsync(cancellationToken);
            context.Abort();
            return;
        }

        await context.Response.WriteAsync(text, cancellationToken);
    }

    private static async Task StreamAsync(HttpContext context, FakeReply reply, CancellationToken cancellationToken)
    {
        context.Response.ContentType = "text/event-stream";
        int sent = 0;
        foreach (JsonObject chunk in Chunks(reply))
        {
            await context.Response.WriteAsync($"data: {chunk.ToJsonString()}\n\n", cancellationToken);
            await context.Response.Body.FlushAsync(cancellationToken);
            sent++;
            if (sent == reply.HangsAfterPieces)
            {
                await Task.Delay(Timeout.Infinite, cancellationToken);
            }

            if (reply.Resets && sent == 2)
            {
                await reply.ResetsAfter.WaitAsync(cancellationToken);
                context.Abort();
                return;
            }
        }

        await context.Response.WriteAsync("data: [DONE]\n\n", cancellationToken);
    }

    private static JsonObject WholeAnswer(FakeReply reply)
    {
        JsonObject message = new() { ["role"] = "assistant", ["content"] = reply.Content };
        if (reply.Reasoning is not null)
        {
            message[reply.ReasoningField] = reply.Reasoning;
        }

        JsonObject choice = new()
        {
            ["index"] = 0,
            ["message"] = message,
            ["finish_reason"] = reply.FinishReason,
        };
        if (reply.LogProbs is not null)
        {
            choice["logprobs"] = reply.LogProbs.DeepClone();
        }

        return Envelope(new JsonArray([.. Enumerable.Range(0, reply.Choices).Select(_ => choice.DeepClone())]), reply.Usage);
    }

    private static IEnumerable<JsonObject> Chunks(FakeReply reply)
    {
        for (int choice = 0; choice < reply.Choices; choice++)
        {
            yield return Envelope(Delta(choice, new() { ["role"] = "assistant", ["content"] = "" }), null);
            foreach (char[] piece in (reply.Reasoning ?? "").Chunk(reply.PieceLength))
            {
                yield return Envelope(Delta(choice, new() { [reply.ReasoningField] = new string(piece) }), null);
            }

            foreach (char[] piece in reply.Content.Chunk(reply.PieceLength))
            {
                yield return Envelope(Delta(choice, new() { ["content"] = new string(piece) }), null);
            }

            JsonArray end = Delta(choice, []);
            end[0]!["finish_reason"] = reply.FinishReason;
            if (reply.LogProbs is not null)
            {
                end[0]!["logprobs"] = reply.LogProbs.DeepClone();
            }

            yield return Envelope(end, null);
        }

        if (reply.Usage is not null)
        {
            yield return Envelope([], reply.Usage);
        }
    }

    private static JsonArray Delta(int choice, JsonObject delta) =>
        [
            new JsonObject
            {
                ["index"] = choice,
                ["delta"] = delta,
                ["finish_reason"] = null,
            },
        ];

    private static JsonObject Envelope(JsonArray choices, JsonObject? usage)
    {
        JsonObject envelope = new()
        {
            ["id"] = "chatcmpl-1",
            ["object"] = "chat.completion",
            ["model"] = "fake-judge",
            ["choices"] = choices,
        };
        if (usage is not null)
        {
            envelope["usage"] = usage.DeepClone();
        }

        return envelope;
    }
}
