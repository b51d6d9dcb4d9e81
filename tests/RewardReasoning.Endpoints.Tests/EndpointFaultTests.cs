using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Microsoft.Extensions.AI;
using RewardReasoning.Testing;
using Xunit;

namespace RewardReasoning.Endpoints.Tests;

/// <summary>Wrong addresses, wrong protocols, answers without end, callers who go away.</summary>
public sealed class EndpointFaultTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    private static EndpointOptions OptionsFor(Uri url) =>
        new()
        {
            Url = url,
            Model = "m",
            Tries = 1,
        };

    private static async Task<ChatResponse> AskAsync(
        EndpointOptions options,
        bool stream = false,
        CancellationToken? cancellationToken = null
    )
    {
        using EndpointChatClient client = new(options);
        ChatMessage[] hello = [new(ChatRole.User, "Hello")];
        return stream
            ? await client.GetStreamingResponseAsync(hello, null, cancellationToken ?? Cancel).ToChatResponseAsync(Cancel)
            : await client.GetResponseAsync(hello, null, cancellationToken ?? Cancel);
    }

    private static async Task<string> FailureAsync(EndpointOptions options, bool stream = false) =>
        (await Assert.ThrowsAsync<EndpointException>(() => AskAsync(options, stream))).Message;

    [Fact]
    public async Task GetResponseAsync_Redirection_IsNotFollowedAndSaysWhere()
    {
        await using FakeOpenAIServer server = await FakeOpenAIServer.StartAsync(
            new FakeReply
            {
                Status = 301,
                Body = "",
                Headers = new Dictionary<string, string> { ["Location"] = "https://example.test/v1/chat/completions?token=secret" },
            }
        );
        string message = await FailureAsync(OptionsFor(server.Url) with { Tries = 8 });
        Assert.Contains("points to https://example.test/v1/chat/completions;", message, StringComparison.Ordinal);
        Assert.DoesNotContain("secret", message, StringComparison.Ordinal);
        Assert.Single(server.Requests);
    }

    [Fact]
    public async Task GetResponseAsync_HttpsAskedOfAPlainServer_SaysSo()
    {
        await using FakeOpenAIServer server = await FakeOpenAIServer.StartAsync(FakeReply.Completion("Hi"));
        Assert.Contains(
            "no secure connection",
            await FailureAsync(OptionsFor(new UriBuilder(server.Url) { Scheme = "https" }.Uri)),
            StringComparison.Ordinal
        );
    }

    [Fact]
    public async Task GetResponseAsync_PlainHttpAskedOfASecureServer_AsksAboutHttps()
    {
        using X509Certificate2 certificate = Certificate();
        await using FakeOpenAIServer server = await FakeOpenAIServer.StartAsync(_ => FakeReply.Completion("Hi"), certificate);
        Assert.Contains(
            "https",
            (await FailureAsync(OptionsFor(new UriBuilder(server.Url) { Scheme = "http" }.Uri))).Replace(
                "http://",
                "",
                StringComparison.Ordinal
            ),
            StringComparison.Ordinal
        );
    }

    [Fact]
    public async Task GetResponseAsync_CertificateOfNobody_SaysSo()
    {
        using X509Certificate2 certificate = Certificate();
        await using FakeOpenAIServer server = await FakeOpenAIServer.StartAsync(_ => FakeReply.Completion("Hi"), certificate);
        string message = await FailureAsync(OptionsFor(server.Url));
        Assert.Contains("certificate", message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task GetResponseAsync_ByteOrderMark_IsNoPartOfTheAnswer()
    {
        await using FakeOpenAIServer server = await FakeOpenAIServer.StartAsync(
            new FakeReply { Body = "\ufeff" + """{"choices":[{"message":{"content":"Hi"},"finish_reason":"stop"}]}""" }
        );
        Assert.Equal("Hi", (await AskAsync(OptionsFor(server.Url))).Text);
    }

    [Theory]
    [InlineData(200, false)]
    [InlineData(200, true)]
    [InlineData(400, false)]
    public async Task Response_WithoutEnd_IsNotReadToTheEnd(int status, bool stream)
    {
        using TcpListener listener = new(IPAddress.Loopback, 0);
        listener.Start();
        using CancellationTokenSource stop = CancellationTokenSource.CreateLinkedTokenSource(Cancel);
        Task<long> sent = SendForeverAsync(listener, status, stream, stop.Token);
        EndpointOptions options = OptionsFor(new($"http://127.0.0.1:{((IPEndPoint)listener.LocalEndpoint).Port}/v1")) with
        {
            MaxAnswerBytes = 1 << 20,
        };
        string message = await FailureAsync(options, stream);
        Assert.Contains(status == 200 ? "longer than 1048576 bytes" : "400 BadRequest: xxx", message, StringComparison.Ordinal);
        await stop.CancelAsync();
        Assert.InRange(await sent, 1, 64 << 20);
    }

    [Fact]
    public async Task GetStreamingResponseAsync_StreamEndsBeforeTheAnswerDoes_IsAFailedTry()
    {
        const string Cut = "data: {\"choices\":[{\"delta\":{},\"finish_reason\":null}]}\n\n";
        await using FakeOpenAIServer server = await FakeOpenAIServer.StartAsync(
            new FakeReply { Body = Cut, MediaType = "text/event-stream" },
            FakeReply.Completion("Hi")
        );
        EndpointOptions options = OptionsFor(server.Url) with { Tries = 2, FirstDelay = TimeSpan.FromMilliseconds(1) };
        Assert.Equal("Hi", (await AskAsync(options, stream: true)).Text);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Response_Cancelled_IsTakenBackFromTheServer(bool stream)
    {
        TaskCompletionSource asked = new();
        await using FakeOpenAIServer server = await FakeOpenAIServer.StartAsync(_ =>
        {
            asked.TrySetResult();
            return new FakeReply { Hangs = true };
        });
        using CancellationTokenSource stop = new();
        Task<ChatResponse> answer = AskAsync(OptionsFor(server.Url) with { Tries = 8 }, stream, stop.Token);
        await asked.Task.WaitAsync(Cancel);
        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => answer);
        Stopwatch watch = Stopwatch.StartNew();
        while (!server.Requests[0].WasAborted)
        {
            Assert.True(watch.Elapsed < TimeSpan.FromSeconds(20), "The server was never told that nobody waits.");
            await Task.Delay(5, Cancel);
        }

        Assert.Single(server.Requests);
    }

    [Fact]
    public async Task GetResponseAsync_RetryAfterADate_IsHonoured()
    {
        await using FakeOpenAIServer server = await FakeOpenAIServer.StartAsync(
            FakeReply.Error(503, "later") with
            {
                Headers = new Dictionary<string, string> { ["Retry-After"] = "Wed, 01 Jan 2025 00:00:40 GMT" },
            },
            FakeReply.Completion("Hi")
        );
        List<TimeSpan> waits = [];
        EndpointOptions options = OptionsFor(server.Url) with
        {
            Tries = 2,
            RequestTimeout = TimeSpan.FromDays(1),
            OnRetry = (_, _, wait) => waits.Add(wait),
        };
        using EndpointChatClient client = new(options, new FrozenTime());
        await client.GetResponseAsync([new(ChatRole.User, "Hello")], null, Cancel);
        Assert.Equal([TimeSpan.FromSeconds(40)], waits);
    }

    private static X509Certificate2 Certificate()
    {
        using RSA key = RSA.Create(2048);
        CertificateRequest request = new("CN=nobody.test", key, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        return request.CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(1));
    }

    private static async Task<long> SendForeverAsync(TcpListener listener, int status, bool stream, CancellationToken cancellationToken)
    {
        long sent = 0;
        try
        {
            using TcpClient connection = await listener.AcceptTcpClientAsync(cancellationToken);
            NetworkStream socket = connection.GetStream();
            await socket.WriteAsync(
                Encoding.ASCII.GetBytes(
                    $"HTTP/1.1 {status} X\r\nContent-Type: {(stream ? "text/event-stream" : "application/json")}\r\n"
                        + $"Connection: close\r\n\r\n{(stream ? "data: " : "")}"
                ),
                cancellationToken
            );
            byte[] block = new byte[1 << 16];
            Array.Fill(block, (byte)'x');
            while (true)
            {
                await socket.WriteAsync(block, cancellationToken);
                sent += block.Length;
            }
        }
        catch (Exception error) when (error is IOException or OperationCanceledException)
        {
            return sent;
        }
    }

    /// <summary>New Year 2025 for ever; waits last a millisecond, but for time-outs.</summary>
    private sealed class FrozenTime : TimeProvider
    {
        private long _ticks;

        public override DateTimeOffset GetUtcNow() => new(2025, 1, 1, 0, 0, 0, TimeSpan.Zero);

        public override long TimestampFrequency => TimeSpan.TicksPerSecond;

        public override long GetTimestamp() => Interlocked.Read(ref _ticks);

        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
        {
            bool isTimeOut = dueTime >= TimeSpan.FromDays(1);
            Interlocked.Add(ref _ticks, isTimeOut ? 0 : dueTime.Ticks);
            return System.CreateTimer(callback, state, isTimeOut ? dueTime : TimeSpan.FromMilliseconds(1), period);
        }
    }
}
