using System.Net;
using System.Net.Sockets;
using System.Text;

namespace RewardReasoning.Bench;

/// <summary>
/// A server on a loopback socket that answers every HTTP request with the same bytes as soon as it is read: as little work as a server can
/// do, so that what is measured is the client.
/// </summary>
internal sealed class InstantServer : IDisposable
{
    /// <summary>The judgment of a model that thinks and prefers the first response.</summary>
    public const string Judgment = """
        {"id":"chatcmpl-1","object":"chat.completion","created":1735689600,"model":"instant","choices":[{"index":0,"message":{"role":"assistant",
        "reasoning":"The query asks for one thing. The first assistant does it, with a reason that holds. The second one misses it and talks about something else.",
        "content":"The first answer is better.\n\n\\boxed{Assistant 1}"},"finish_reason":"stop"}],
        "usage":{"prompt_tokens":600,"completion_tokens":48,"total_tokens":648,"prompt_tokens_details":{"cached_tokens":512}}}
        """;

    private const int BufferBytes = 64 << 10;
    private static readonly byte[] HeadEnd = "\r\n\r\n"u8.ToArray();
    private static readonly byte[] LengthName = "\r\nContent-Length: "u8.ToArray();

    private readonly Socket _listener = new(SocketType.Stream, ProtocolType.Tcp);
    private readonly byte[] _answer;
    private long _requests;

    public InstantServer(string json)
    {
        int length = Encoding.UTF8.GetByteCount(json);
        _answer = Encoding.UTF8.GetBytes($"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {length}\r\n\r\n{json}");
        _listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        _listener.Listen(1024);
        Url = new Uri($"http://127.0.0.1:{((IPEndPoint)_listener.LocalEndPoint!).Port}/v1");
        _ = AcceptAsync();
    }

    public Uri Url { get; }

    /// <summary>Time that each answer takes.</summary>
    public TimeSpan Delay { get; init; }

    /// <summary>Of a hundred requests, how many are never answered, with the connection open.</summary>
    public int SilentOfHundred { get; init; }

    public long Requests => Interlocked.Read(ref _requests);

    public void Dispose() => _listener.Dispose();

    private async Task AcceptAsync()
    {
        try
        {
            while (true)
            {
                Socket connection = await _listener.AcceptAsync();
                connection.NoDelay = true;
                _ = AnswerAsync(connection);
            }
        }
        catch (Exception error) when (error is SocketException or ObjectDisposedException)
        {
            // The benchmark is over.
        }
    }

    private async Task AnswerAsync(Socket connection)
    {
        byte[] buffer = new byte[BufferBytes];
        int held = 0;
        using (connection)
        {
            while (await connection.ReceiveAsync(buffer.AsMemory(held)) is > 0 and int received)
            {
                held += received;
                int head = buffer.AsSpan(0, held).IndexOf(HeadEnd);
                if (head < 0)
                {
                    continue;
                }

                int left = head + HeadEnd.Length + BodyLength(buffer.AsSpan(0, head)) - held;
                while (left > 0)
                {
                    int more = await connection.ReceiveAsync(buffer.AsMemory(0, Math.Min(left, buffer.Length)));
                    if (more == 0)
                    {
                        return;
                    }

                    left -= more;
                }

                held = 0; // the client does not send a second request before it has its answer
                long index = Interlocked.Increment(ref _requests);
                if (index * 37 % 100 < SilentOfHundred)
                {
                    await connection.ReceiveAsync(buffer); // until the client gives it up
                    return;
                }

                if (Delay > TimeSpan.Zero)
                {
                    await Task.Delay(Delay);
                }

                await connection.SendAsync(_answer);
            }
        }
    }

    private static int BodyLength(ReadOnlySpan<byte> head)
    {
        int at = head.IndexOf(LengthName);
        if (at < 0)
        {
            return 0;
        }

        ReadOnlySpan<byte> value = head[(at + LengthName.Length)..];
        int end = value.IndexOf((byte)'\r');
        return int.Parse(end < 0 ? value : value[..end], System.Globalization.CultureInfo.InvariantCulture);
    }
}
