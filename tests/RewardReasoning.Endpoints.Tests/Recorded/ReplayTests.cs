using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;
using Microsoft.Extensions.AI;
using RewardReasoning.Testing;
using Xunit;

namespace RewardReasoning.Endpoints.Tests.Recorded;

/// <summary>Every recorded answer of a real server, given again over a socket: whole, read as a stream, and cut at every byte.</summary>
public sealed class ReplayTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public static TheoryData<string> Answers => [.. Recording.Answers];

    public static TheoryData<string> Refusals =>
        [.. Recording.Names.Where(name => Recording.Load(name) is { IsChat: true, Status: not 200 })];

    /// <summary>The shortest whole and the shortest streamed answer of each server.</summary>
    public static TheoryData<string> Shortest =>
        [
            .. Recording
                .Answers.Select(Recording.Load)
                .GroupBy(recording => (recording.Server, recording.IsStream))
                .Select(group => group.MinBy(recording => recording.Body.Length)!.Name),
        ];

    [Theory]
    [MemberData(nameof(Answers))]
    public async Task Answer_OfARealServer_IsReadAsItStands(string name)
    {
        Recording recording = Recording.Load(name);
        (string thought, string text, string reason) = recording.Expected();
        await using LoopbackServer server = await recording.ServeAsync();
        foreach (bool stream in (bool[])[false, true])
        {
            ChatResponse response = await recording.AskAsync(server.Url, stream, Cancel);
            Assert.Equal((thought, text, reason), (Recording.ThoughtOf(response), response.Text, response.FinishReason?.Value));
        }
    }

    [Theory]
    [MemberData(nameof(Refusals))]
    public async Task Refusal_OfARealServer_IsATypedFailure(string name)
    {
        Recording recording = Recording.Load(name);
        await using LoopbackServer server = await recording.ServeAsync();
        EndpointException error = await Assert.ThrowsAsync<EndpointException>(() => recording.AskAsync(server.Url, stream: false, Cancel));
        EndpointFailure expected = name switch
        {
            _ when name.Contains("error-context", StringComparison.Ordinal) => EndpointFailure.TooLong,
            _ when recording.Status is 401 => EndpointFailure.Account,
            _ when recording.Status >= 500 => EndpointFailure.Unavailable,
            _ => EndpointFailure.Refused,
        };
        Assert.Equal((expected, recording.Status), (error.Failure, (int?)error.Status));
    }

    [Theory]
    [MemberData(nameof(Shortest))]
    public async Task Answer_CutAtAnyByte_IsTheWholeAnswerOrATypedFailure(string name)
    {
        Recording recording = Recording.Load(name);
        (string thought, string text, string reason) = recording.Expected();
        await using CuttingServer server = new(recording.Body);
        int whole = 0;
        await Parallel.ForAsync(
            0,
            recording.Body.Length + 1,
            new ParallelOptions { MaxDegreeOfParallelism = 8, CancellationToken = Cancel },
            async (length, cancel) =>
            {
                try
                {
                    ChatResponse response = await recording.AskAsync(server.UrlOf(length), stream: length % 2 == 1, cancel);
                    Assert.Equal((thought, text, reason), (Recording.ThoughtOf(response), response.Text, response.FinishReason?.Value));
                    Interlocked.Increment(ref whole);
                }
                catch (EndpointException failure)
                {
                    Assert.NotEqual(EndpointFailure.Other, failure.Failure);
                    Assert.NotEqual(recording.Body.Length, length);
                }
            }
        );
        Assert.True(whole >= 1);
    }

    /// <summary>Answers with as many bytes of a body as the path says and closes the connection; no length is announced.</summary>
    private sealed class CuttingServer : IAsyncDisposable
    {
        private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
        private readonly CancellationTokenSource _stop = new();
        private readonly Task _serving;

        public CuttingServer(byte[] body)
        {
            _listener.Start();
            _serving = ServeAsync(body);
        }

        public Uri UrlOf(int length) => new($"http://127.0.0.1:{((IPEndPoint)_listener.LocalEndpoint).Port}/{length}/v1");

        public async ValueTask DisposeAsync()
        {
            await _stop.CancelAsync();
            _listener.Dispose();
            await _serving.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            _stop.Dispose();
        }

        private async Task ServeAsync(byte[] body)
        {
            while (!_stop.IsCancellationRequested)
            {
                Socket socket = await _listener.AcceptSocketAsync(_stop.Token);
                _ = AnswerAsync(socket, body);
            }
        }

        private async Task AnswerAsync(Socket socket, byte[] body)
        {
            using Socket open = socket;
            byte[] buffer = new byte[8192];
            string request = "";
            while (!request.EndsWith('}'))
            {
                int read = await socket.ReceiveAsync(buffer, _stop.Token);
                if (read == 0)
                {
                    return;
                }

                request += Encoding.UTF8.GetString(buffer, 0, read);
            }

            int length = int.Parse(request.Split('/')[1], CultureInfo.InvariantCulture);
            byte[] head = Encoding.ASCII.GetBytes("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nConnection: close\r\n\r\n");
            await socket.SendAsync((byte[])[.. head, .. body[..length]], _stop.Token);
            socket.Shutdown(SocketShutdown.Both);
        }
    }
}
