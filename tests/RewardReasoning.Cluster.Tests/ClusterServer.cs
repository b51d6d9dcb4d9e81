using System.Collections.Concurrent;
using System.Globalization;
using RewardReasoning.Server.Rewards;
using RewardReasoning.Storage.State;
using RewardReasoning.Testing;

[assembly: AssemblyFixture(typeof(PostgresFixture))]

namespace RewardReasoning.Cluster.Tests;

/// <summary>Two servers of one cluster, for tests that leave them as they are.</summary>
public sealed class ServerPair(PostgresFixture postgres) : IAsyncLifetime
{
    internal ClusterServer[] Servers { get; private set; } = [];

    public async ValueTask InitializeAsync() =>
        Servers = await ClusterServer.StartAsync(
            new() { Cluster = await postgres.CreateDatabaseAsync() },
            2,
            TestContext.Current.CancellationToken
        );

    public async ValueTask DisposeAsync() => await Task.WhenAll(Servers.Select(server => server.DisposeAsync().AsTask()));
}

/// <summary>One server, whose judge prefers the larger number.</summary>
internal sealed class ClusterServer : IAsyncDisposable, IJudge
{
    private readonly ConcurrentQueue<string> _warnings = [];
    private int _judged;
    private PostgresState? _state;
    private RewardService? _local;

    private ClusterServer(ClusterOptions options) => Cluster = new(options, TimeProvider.System, _warnings.Enqueue);

    public RewardCluster Cluster { get; }

    public IRewardService Rewards { get; private set; } = null!;

    public int Judged => _judged;

    public string[] Warnings => [.. _warnings];

    /// <summary>Servers that know each other.</summary>
    public static async Task<ClusterServer[]> StartAsync(ClusterOptions options, int count, CancellationToken cancellationToken)
    {
        ClusterServer[] servers = new ClusterServer[count];
        for (int i = 0; i < count; i++)
        {
            servers[i] = await StartAsync(options, cancellationToken);
        }

        while (!Array.TrueForAll(servers, server => server.Cluster.Servers == count))
        {
            await Task.Delay(20, cancellationToken);
        }

        return servers;
    }

    private static async Task<ClusterServer> StartAsync(ClusterOptions options, CancellationToken cancellationToken)
    {
        ClusterServer server = new(options);
        server._state =
            await PostgresState.OpenAsync(options.Cluster, shared: true, TimeProvider.System, cancellationToken)
            ?? throw new InvalidOperationException("Somebody has the database alone.");
        RewardJudge judge = new()
        {
            Judge = server,
            Concurrency = 4,
            Fingerprint = new(() => new("numbers", "", "", 0, 1, 0, 1, "hashed", "all", 1, false)),
        };
        server._local = await RewardService.StartWithoutShardsAsync(
            judge,
            new() { OnLost = server.Cluster.Lost, OnWarning = server._warnings.Enqueue },
            server._state.Rewards,
            TimeProvider.System
        );
        server.Rewards = await server.Cluster.StartAsync(server._local, server._state, cancellationToken);
        return server;
    }

    public async Task<RewardAnswer> AskAsync(RewardMember member)
    {
        await Rewards.ReadyAsync();
        using RewardTicket ticket = await Rewards.Enter([member])[0];
        RewardAnswer answer = await ticket.WaitAsync(TimeSpan.FromSeconds(60), TestContext.Current.CancellationToken);
        ticket.Delivered();
        return answer;
    }

    public async Task<Judgment> JudgeAsync(Comparison comparison, CancellationToken cancellationToken = default)
    {
        await Task.Delay(5, cancellationToken);
        Interlocked.Increment(ref _judged);
        bool first =
            int.Parse(comparison.Response1, CultureInfo.InvariantCulture) > int.Parse(comparison.Response2, CultureInfo.InvariantCulture);
        return new()
        {
            Preferred = first ? Verdict.First : Verdict.Second,
            Votes = [],
            Usage = Usage.None,
            Model = "numbers",
        };
    }

    public async ValueTask DisposeAsync()
    {
        Cluster.BeginClosing();
        await Cluster.DisposeAsync();
        await (_local?.DisposeAsync() ?? ValueTask.CompletedTask);
        _state?.Dispose();
    }
}
