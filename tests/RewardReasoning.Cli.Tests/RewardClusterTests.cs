using System.Diagnostics;
using System.Net.Sockets;
using RewardReasoning.Testing;

namespace RewardReasoning.Cli.Tests;

/// <summary>Several <c>rrm serve --cluster</c> over one PostgreSQL, of which one is killed, paused or cut off, while clients try again.</summary>
public sealed class RewardClusterTests(PostgresFixture postgres) : IAsyncLifetime, IClassFixture<PostgresFixture>
{
    private const int Minutes = 60_000;
    private readonly List<ServerProcess> _servers = [];
    private FakeOpenAIServer? _judge;
    private string _database = "";

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private FakeOpenAIServer Judge => _judge ?? throw new InvalidOperationException("The judge was not started.");

    public async ValueTask InitializeAsync()
    {
        _database = await postgres.CreateDatabaseAsync();
        _judge = await NumberServer.StartAsync();
    }

    public async ValueTask DisposeAsync()
    {
        foreach (ServerProcess server in _servers)
        {
            await server.DisposeAsync();
        }

        await (_judge?.DisposeAsync() ?? ValueTask.CompletedTask);
    }

    [Theory(Timeout = 5 * Minutes)]
    [InlineData(2)]
    [InlineData(3)]
    public async Task OneServerKilled_AndStartedAgain_EachMemberHasOneRewardOfItsOwnAttempt(int servers)
    {
        Random random = new(servers);
        using RewardMembers members = new(groups: 32, random);
        await Task.WhenAll(Enumerable.Range(0, servers).Select(_ => StartAsync(_database)));
        Task clients = members.AskAsync(members.Sent, AnyServer);
        int moment = random.Next(20, 200);
        while (Judge.Requests.Count < moment)
        {
            await Task.Delay(5, TestContext.Current.CancellationToken);
        }

        ServerProcess victim = _servers[random.Next(servers)];
        await victim.DisposeAsync();
        Assert.False(clients.IsCompleted, "all groups were judged before a server was killed");
        lock (_servers)
        {
            _servers.Remove(victim);
        }

        await StartAsync(_database, victim.Port);
        await clients;
        await members.AskAsync(members.All, AnyServer);
        members.RequireOneRewardOfItsOwnAttempt();
    }

    [Fact(Timeout = 5 * Minutes)]
    public async Task ServerCutOffFromTheDatabase_AnswersTypedFailures_ComesBack_AndWritesNoSecondReward()
    {
        using CuttableProxy proxy = new(PortOf(_database));
        await StartAsync(_database);
        int cutOff = (await StartAsync(_database.Replace($":{PortOf(_database)}/", $":{proxy.Port}/", StringComparison.Ordinal))).Port;
        using RewardMembers members = new(groups: 16, new Random(5));
        Task clients = members.AskAsync(members.Sent, AnyServer);
        while (Judge.Requests.Count < 40)
        {
            await Task.Delay(10, TestContext.Current.CancellationToken);
        }

        proxy.Cut();
        using HttpClient http = new();
        using (HttpResponseMessage ready = await http.GetAsync($"http://127.0.0.1:{cutOff}/ready", Cancellation))
        {
            Assert.Equal(503, (int)ready.StatusCode);
        }

        proxy.Mend();
        await clients;
        await members.AskAsync(members.All, _ => cutOff);
        await members.AskAsync(members.All, AnyServer);
        members.RequireOneRewardOfItsOwnAttempt();
        while (!(await http.GetAsync($"http://127.0.0.1:{cutOff}/ready", Cancellation)).IsSuccessStatusCode)
        {
            await Task.Delay(100, Cancellation);
        }
    }

    [Fact(Timeout = 5 * Minutes)]
    public async Task ServerThatWasPausedUntilOthersTookOver_WritesNoSecondReward_AndJoinsAgain()
    {
        int running = (await StartAsync(_database)).Port;
        ServerProcess paused = await StartAsync(_database);
        using RewardMembers members = new(groups: 16, new Random(6));
        Task clients = members.AskAsync(members.Sent, AnyServer);
        while (Judge.Requests.Count < 30)
        {
            await Task.Delay(10, TestContext.Current.CancellationToken);
        }

        await SignalAsync(paused, "STOP");
        await members.AskAsync(members.All, _ => running); // the other one has taken over all groups
        await SignalAsync(paused, "CONT");
        await clients;
        await members.AskAsync(members.All, _ => paused.Port);
        members.RequireOneRewardOfItsOwnAttempt();
    }

    private static int PortOf(string database) => new Uri(database).Port;

    private static async Task SignalAsync(ServerProcess server, string signal)
    {
        using Process kill = Process.Start("kill", [$"-{signal}", $"{server.Id}"]);
        await kill.WaitForExitAsync(Cancellation);
    }

    private int AnyServer(RewardMember member)
    {
        lock (_servers)
        {
            return _servers[Random.Shared.Next(_servers.Count)].Port;
        }
    }

    private async Task<ServerProcess> StartAsync(string database, int? port = null)
    {
        ServerProcess server = await ServerProcess.StartAsync(Judge, port ?? Ports.Free(), "--cluster", database);
        lock (_servers)
        {
            _servers.Add(server);
        }

        return server;
    }

    /// <summary>A way to a port of this machine that can be cut, so that what is sent gets lost in silence, and mended.</summary>
    private sealed class CuttableProxy : IDisposable
    {
        private readonly TcpListener _listener = new(System.Net.IPAddress.Loopback, 0);
        private readonly int _to;
        private readonly List<TcpClient> _open = [];
        private volatile bool _isCut;

        public CuttableProxy(int to)
        {
            _to = to;
            _listener.Start();
            _ = AcceptAsync();
        }

        public int Port => ((System.Net.IPEndPoint)_listener.LocalEndpoint).Port;

        public void Cut() => _isCut = true;

        public void Mend()
        {
            // Connections that lost something are useless now.
            lock (_open)
            {
                _open.ForEach(client => client.Dispose());
                _open.Clear();
            }

            _isCut = false;
        }

        public void Dispose()
        {
            _listener.Dispose();
            Mend();
        }

        private async Task AcceptAsync()
        {
            while (true)
            {
                TcpClient from;
                try
                {
                    from = await _listener.AcceptTcpClientAsync();
                }
                catch (Exception closed) when (closed is SocketException or ObjectDisposedException)
                {
                    return;
                }

                TcpClient to = new();
                lock (_open)
                {
                    _open.AddRange([from, to]);
                }

                if (!_isCut)
                {
                    _ = JoinAsync(from, to);
                }
            }
        }

        private async Task JoinAsync(TcpClient from, TcpClient to)
        {
            try
            {
                await to.ConnectAsync("127.0.0.1", _to);
                await Task.WhenAll(PumpAsync(from, to), PumpAsync(to, from));
            }
            catch (Exception failed) when (failed is SocketException or ObjectDisposedException)
            {
                from.Dispose();
            }
        }

        private async Task PumpAsync(TcpClient from, TcpClient to)
        {
            byte[] buffer = new byte[1 << 14];
            try
            {
                while (await from.GetStream().ReadAsync(buffer) is > 0 and int read)
                {
                    if (!_isCut)
                    {
                        await to.GetStream().WriteAsync(buffer.AsMemory(0, read));
                    }
                }
            }
            catch (Exception broken) when (broken is IOException or ObjectDisposedException or InvalidOperationException)
            {
                // One side is gone, and so is the other.
            }

            from.Dispose();
            to.Dispose();
        }
    }
}
