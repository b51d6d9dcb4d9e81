using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;

namespace RewardReasoning.Bench;

/// <summary>What a server answered to a member.</summary>
internal readonly record struct RewardReply(int Status, bool IsDone, string? Id, double? Reward, int? RetryAfter);

/// <summary>
/// One connection to a server of rewards, with as little work as a client can do, so that what is measured is the server. For one request
/// at a time.
/// </summary>
internal sealed class RewardConnection : IDisposable
{
    private const int BufferBytes = 16 << 10;

    private readonly Socket _socket;
    private readonly string _host;
    private byte[] _buffer = new byte[BufferBytes];

    private RewardConnection(Socket socket, string host) => (_socket, _host) = (socket, host);

    /// <summary>A connection that has had an answer, so that both sides have it open.</summary>
    public static async Task<RewardConnection> OpenAsync(Uri url)
    {
        Socket socket = new(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        await socket.ConnectAsync(IPAddress.Parse(url.Host), url.Port);
        RewardConnection connection = new(socket, url.Authority);
        await connection.AskAsync($"GET /health HTTP/1.1\r\nHost: {url.Authority}\r\n\r\n");
        return connection;
    }

    public Task<RewardReply> SubmitAsync(RewardArrival member, int size, int waitSeconds)
    {
        string body = string.Create(
            CultureInfo.InvariantCulture,
            $$"""{"group":"{{member.Group}}","attempt":{{member.Attempt}},"index":{{member.Index}},"size":{{size}},"query":"Which number is larger?","response":"value {{member.Value}}","wait_s":{{waitSeconds}}}"""
        );
        return AskAsync(
            string.Create(
                CultureInfo.InvariantCulture,
                $"POST /v1/rewards HTTP/1.1\r\nHost: {_host}\r\nContent-Type: application/json\r\nContent-Length: {body.Length}\r\n\r\n{body}"
            )
        );
    }

    public Task<RewardReply> PollAsync(string id, int waitSeconds) =>
        AskAsync(
            string.Create(CultureInfo.InvariantCulture, $"GET /v1/rewards/{id}?wait_s={waitSeconds} HTTP/1.1\r\nHost: {_host}\r\n\r\n")
        );

    public void Dispose() => _socket.Dispose();

    private async Task<RewardReply> AskAsync(string request)
    {
        await _socket.SendAsync(Encoding.ASCII.GetBytes(request));
        int held = 0;
        while (true)
        {
            int received = await _socket.ReceiveAsync(_buffer.AsMemory(held));
            held += received > 0 ? received : throw new IOException("The server closed the connection.");
            if (Read(_buffer.AsSpan(0, held)) is { } reply)
            {
                return reply;
            }

            if (held == _buffer.Length)
            {
                Array.Resize(ref _buffer, 2 * held);
            }
        }
    }

    /// <summary>The answer; null where it has not come whole.</summary>
    private static RewardReply? Read(ReadOnlySpan<byte> answer)
    {
        int head = answer.IndexOf("\r\n\r\n"u8);
        if (head < 0)
        {
            return null;
        }

        int status = int.Parse(answer.Slice(9, 3), CultureInfo.InvariantCulture);
        int length = NumberOf(answer[..head], "\r\nContent-Length: "u8) ?? throw new IOException("The answer has no length.");
        return answer.Length < head + 4 + length ? null : Parse(status, answer[..head], answer.Slice(head + 4, length));
    }

    private static RewardReply Parse(int status, ReadOnlySpan<byte> head, ReadOnlySpan<byte> body)
    {
        string? id = null;
        double? reward = null;
        bool isDone = false;
        Utf8JsonReader json = new(body);
        while (json.Read())
        {
            if (json.CurrentDepth != 1 || json.TokenType != JsonTokenType.PropertyName)
            {
                continue;
            }

            if (json.ValueTextEquals("id"u8) && json.Read())
            {
                id = json.GetString();
            }
            else if (json.ValueTextEquals("state"u8) && json.Read())
            {
                isDone = json.ValueTextEquals("done"u8);
            }
            else if (json.ValueTextEquals("reward"u8) && json.Read())
            {
                reward = json.TokenType == JsonTokenType.Number ? json.GetDouble() : null;
            }
        }

        return new(status, isDone, id, reward, NumberOf(head, "\r\nRetry-After: "u8));
    }

    private static int? NumberOf(ReadOnlySpan<byte> head, ReadOnlySpan<byte> name)
    {
        int at = head.IndexOf(name);
        if (at < 0)
        {
            return null;
        }

        ReadOnlySpan<byte> value = head[(at + name.Length)..];
        int end = value.IndexOf((byte)'\r');
        return int.Parse(end < 0 ? value : value[..end], CultureInfo.InvariantCulture);
    }
}
