using System.Net.Sockets;
using System.Text;
using RewardReasoning.Testing;

namespace RewardReasoning.Server.Tests.Judging;

/// <summary>
/// What attackers, broken clients and pages of other sites send, over real sockets. Each is refused or harmless, nobody's model is asked,
/// and the server judges afterwards.
/// </summary>
public sealed class AttackTests : IAsyncLifetime
{
    private const string Pair = """{"query": "q", "response_1": "a", "response_2": "b"}""";
    private const int MaxBytes = 100_000;

    private readonly ScriptedChatClient _client = ScriptedChatClient.Of(@"<script>alert(1)</script> & \boxed{Assistant 1}");
    private ServedJudge? _served;
    private int _askedByTest;
    private int _askedByAttack;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private ServedJudge Served => _served ?? throw new InvalidOperationException("The server was not started.");

    public async ValueTask InitializeAsync() =>
        _served = await ServedJudge.StartAsync(
            _client,
            options => options with { MaxRequestBytes = MaxBytes, SenderPatience = TimeSpan.FromSeconds(1.1) }
        );

    public async ValueTask DisposeAsync()
    {
        await Served.DisposeAsync();
        _client.Dispose();
    }

    [Theory]
    [InlineData("Origin", "https://attacker.example")]
    [InlineData("Origin", "null")]
    [InlineData("Origin", "http://127.0.0.1:1")]
    [InlineData("Sec-Fetch-Site", "cross-site")]
    [InlineData("Sec-Fetch-Site", "same-site")]
    public async Task PageOfAnotherSite_IsRefused(string header, string value)
    {
        await ExpectAsync(403, $"{Post(Pair, $"{header}: {value}")}{Pair}");
        Assert.Equal(0, _askedByAttack);
    }

    [Theory]
    [InlineData("text/plain")]
    [InlineData("application/x-www-form-urlencoded")]
    [InlineData("multipart/form-data; boundary=x")]
    public async Task Form_ThatAPageCanSendUnasked_IsNotTakenForJson(string type)
    {
        await ExpectAsync(
            415,
            $"POST /v1/judge HTTP/1.1\r\nHost: localhost\r\nContent-Type: {type}\r\nContent-Length: {Pair.Length}\r\n\r\n{Pair}"
        );
        Assert.Equal(0, _askedByAttack);
    }

    [Fact]
    public async Task Preflight_AllowsNothing()
    {
        string answer = await SendAsync(
            "OPTIONS /v1/judge HTTP/1.1\r\nHost: localhost\r\nOrigin: https://attacker.example\r\nAccess-Control-Request-Method: "
                + "POST\r\n\r\n"
        );
        Assert.StartsWith("HTTP/1.1 403 ", answer, StringComparison.Ordinal);
        Assert.DoesNotContain("Access-Control-Allow", answer, StringComparison.OrdinalIgnoreCase);
    }

    [Theory]
    [InlineData("attacker.example")]
    [InlineData("localhost.attacker.example")]
    [InlineData("10.0.0.1")]
    [InlineData("127.0.0.1.attacker.example")]
    public async Task Host_OfAnotherName_IsRefused(string host)
    {
        await ExpectAsync(421, $"GET /health HTTP/1.1\r\nHost: {host}\r\n\r\n");
    }

    [Theory]
    [InlineData("/../../etc/passwd")]
    [InlineData("/v1/../../etc/passwd")]
    [InlineData("/v1/%2e%2e/%2e%2e/etc/passwd")]
    [InlineData("/v1/models/..%2f..%2fetc%2fpasswd")]
    [InlineData("/..%5c..%5cwindows%5cwin.ini")]
    [InlineData("//etc/passwd")]
    [InlineData("/health/../v1/score")]
    public async Task Path_ThatClimbs_LeadsNowhere(string path)
    {
        string answer = await SendAsync($"GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n");
        Assert.Matches("^HTTP/1.1 40[045] ", answer);
        Assert.DoesNotContain("root:", answer, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Sender_WhoNeverEndsTheHeaders_IsCut()
    {
        string answer = await SendAsync("POST /v1/judge HTTP/1.1\r\nHost: localhost\r\nX-Slow: ");
        Assert.True(answer.Length == 0 || answer.StartsWith("HTTP/1.1 408 ", StringComparison.Ordinal), answer);
    }

    [Fact]
    public async Task Sender_WhoNeverEndsTheBody_IsCut()
    {
        string answer = await SendAsync($"{Post(Pair)}{Pair[..5]}");
        Assert.StartsWith("HTTP/1.1 408 ", answer, StringComparison.Ordinal);
        Assert.Equal(0, _askedByAttack);
    }

    [Theory]
    [InlineData("Content-Length: 100001")]
    [InlineData("Content-Length: 99999999999999")]
    public async Task Body_ThatAnnouncesTooMuch_IsRefusedUnread(string length) =>
        await ExpectAsync(413, $"POST /v1/judge HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n{length}\r\n\r\n");

    [Fact]
    public async Task Body_InChunks_IsCutAtTheLimitToo() =>
        await ExpectAsync(413, $"{Chunked()}20000\r\n{new string(' ', 0x20000)}\r\n0\r\n\r\n");

    [Theory]
    [InlineData("80000000\r\n")]
    [InlineData("ffffffffffffffff\r\n")]
    [InlineData("-1\r\n")]
    [InlineData("zz\r\n")]
    public async Task Chunk_OfAnImpossibleSize_IsTheClientsFault(string chunk)
    {
        string answer = await SendAsync($"{Chunked()}{chunk}{{}}\r\n0\r\n\r\n");
        Assert.Matches("^HTTP/1.1 4(00|08|13) ", answer);
    }

    [Fact]
    public async Task Headers_TooLargeOrTooMany_AreRefused()
    {
        await ExpectAsync(431, $"GET /health HTTP/1.1\r\nHost: localhost\r\nX-A: {new string('x', 20_000)}\r\n\r\n");
        await ExpectAsync(
            431,
            $"GET /health HTTP/1.1\r\nHost: localhost\r\n{string.Concat(Enumerable.Range(0, 100).Select(i => $"X-{i}: 1\r\n"))}\r\n"
        );
        await ExpectAsync(414, $"GET /{new string('x', 20_000)} HTTP/1.1\r\nHost: localhost\r\n\r\n");
    }

    [Theory]
    [InlineData("\u0016\u0003\u0001\u0002\u0000\u0001\u0000")]
    [InlineData("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n")]
    [InlineData("GET /health HTTP/1.1\r\nHost: localhost\r\nHost: attacker.example\r\n\r\n")]
    [InlineData("GET /health HTTP/1.1\r\n\r\n")]
    [InlineData("GET /health HTTP/1.1\r\nHost: localhost\r\nX: a\u0000b\r\n\r\n")]
    public async Task Gibberish_IsRefused(string bytes) => Assert.DoesNotMatch("^HTTP/1.1 [123]", await SendAsync(bytes));

    [Fact]
    public async Task Json_NestedDeeply_IsRefused()
    {
        foreach (int depth in new[] { 65, 40_000 })
        {
            string body = $$"""{"query": {{new string('[', depth)}}{{new string(']', depth)}}, "response_1": "a", "response_2": "b"}""";
            JudgeAnswer answer = await Served.PostAsync("/v1/judge", body);
            Assert.Equal((400, "invalid_json"), (answer.Status, answer.Json.GetProperty("code").GetString()));
        }

        Assert.Empty(_client.Requests);
    }

    [Theory]
    [InlineData(0xFF)]
    [InlineData(0xC0)]
    [InlineData(0xED)]
    public async Task Body_ThatIsNotUtf8_IsRefused(int broken)
    {
        byte[] body = Encoding.UTF8.GetBytes(Pair);
        body[Array.IndexOf(body, (byte)'q', 5)] = (byte)broken;
        byte[] request = [.. Encoding.ASCII.GetBytes(Post(Pair)), .. body];
        Assert.StartsWith("HTTP/1.1 400 ", await SendAsync(request), StringComparison.Ordinal);
        Assert.Equal(0, _askedByAttack);
    }

    [Theory]
    [InlineData("""{"query": "\ud800", "response_1": "a", "response_2": "b"}""")]
    [InlineData("""{"query": "q", "response_1": "a", "response_2": "b\udfff"}""")]
    [InlineData("""{"query": [{"role": "\ud800", "content": "q"}], "response_1": "a", "response_2": "b"}""")]
    [InlineData("""{"\ud800": "q", "response_1": "a", "response_2": "b"}""")]
    [InlineData("""{"query": "q", "responses": ["a", "\ud800"]}""")]
    public async Task HalfACharacter_IsRefused(string body)
    {
        Assert.Equal(400, (await Served.PostAsync("/v1/judge", body)).Status);
        Assert.Equal(400, (await Served.PostAsync("/v1/rank", body)).Status);
        Assert.Empty(_client.Requests);
    }

    [Fact]
    public async Task Script_InTexts_StaysText()
    {
        JudgeAnswer answer = await Served.PostAsync(
            "/v1/judge",
            """{"query": "</script><img src=x onerror=alert(1)>", "response_1": "<b>", "response_2": "b"}"""
        );
        Assert.Equal((200, "application/json"), (answer.Status, answer.MediaType));
        Assert.Equal("nosniff", Assert.Single(answer.Headers.GetValues("X-Content-Type-Options")));
        Assert.DoesNotContain("<", answer.Body, StringComparison.Ordinal);
        Assert.Contains(
            "<script>alert(1)</script>",
            answer.Json.GetProperty("votes")[0].GetProperty("answer").GetString(),
            StringComparison.Ordinal
        );
        JudgeAnswer refused = await Served.GetAsync("/v1/%3Cscript%3Ealert(1)%3C/script%3E");
        Assert.DoesNotContain("<", refused.Body, StringComparison.Ordinal);
    }

    [Fact]
    public async Task ManyHalfOpenConnections_LeaveRoomForOthers()
    {
        List<TcpClient> half = [];
        try
        {
            for (int i = 0; i < 200; i++)
            {
                TcpClient socket = new();
                half.Add(socket);
                await socket.ConnectAsync(Served.Server.Url.Host, Served.Server.Url.Port, Cancellation);
                await socket.GetStream().WriteAsync(Encoding.ASCII.GetBytes("POST /v1/judge HTTP/1.1\r\nHost: loc"), Cancellation);
            }

            Assert.Equal(200, (await Served.PostAsync("/v1/judge", Pair)).Status);
        }
        finally
        {
            half.ForEach(socket => socket.Dispose());
        }
    }

    private static string Post(string body, string? header = null) =>
        $"POST /v1/judge HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: "
        + $"{Encoding.UTF8.GetByteCount(body)}\r\n"
        + (header is null ? "\r\n" : $"{header}\r\n\r\n");

    private static string Chunked() =>
        "POST /v1/judge HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n";

    private async Task ExpectAsync(int status, string request) =>
        Assert.StartsWith($"HTTP/1.1 {status} ", await SendAsync(request), StringComparison.Ordinal);

    private Task<string> SendAsync(string request) => SendAsync(Encoding.Latin1.GetBytes(request));

    /// <summary>Sends bytes over a socket, returns what comes back until the server answered or closed, and proves that it still judges.</summary>
    private async Task<string> SendAsync(byte[] request)
    {
        string answer;
        using (TcpClient socket = new())
        {
            await socket.ConnectAsync(Served.Server.Url.Host, Served.Server.Url.Port, Cancellation);
            NetworkStream stream = socket.GetStream();
            try
            {
                await stream.WriteAsync(request, Cancellation);
                answer = await ReadHeadAsync(stream);
            }
            catch (IOException)
            {
                answer = ""; // the server closed the connection on an unread request
            }
        }

        _askedByAttack = _client.Requests.Count - _askedByTest;
        Assert.Equal(200, (await Served.PostAsync("/v1/judge", Pair)).Status);
        _askedByTest++;
        return answer;
    }

    private static async Task<string> ReadHeadAsync(NetworkStream stream)
    {
        byte[] buffer = new byte[64 * 1024];
        int filled = 0;
        while (!Encoding.ASCII.GetString(buffer, 0, filled).Contains("\r\n\r\n", StringComparison.Ordinal))
        {
            int read = await stream.ReadAsync(buffer.AsMemory(filled), Cancellation);
            if (read == 0)
            {
                break;
            }

            filled += read;
        }

        return Encoding.ASCII.GetString(buffer, 0, filled);
    }
}
