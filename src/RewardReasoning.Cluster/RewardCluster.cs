using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Orleans.Configuration;
using Orleans.Connections.Security;
using RewardReasoning.Server.Rewards;
using RewardReasoning.Storage.State;

namespace RewardReasoning.Cluster;

/// <summary>
/// This process as a server of a cluster: a silo of Orleans, with the shards that live on it. A server that the others took for dead, since
/// it was paused or cut off, joins again by itself.
/// </summary>
internal sealed class RewardCluster : IRewardCluster, IFatalErrorHandler
{
    private static readonly TimeSpan SweepEvery = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan StopPatience = TimeSpan.FromSeconds(8);
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(5);

    private readonly ClusterOptions _options;
    private readonly TimeProvider _time;
    private readonly Action<string>? _warn;
    private readonly X509Certificate2? _certificate;
    private readonly int _port;
    private readonly CancellationTokenSource _stopped = new();
    private readonly SemaphoreSlim _fatal = new(0);
    private PostgresMembership? _membership;
    private PostgresState? _state;
    private ShardHome? _home;
    private ClusterRewards? _rewards;
    private Task _loops = Task.CompletedTask;
    private volatile IHost? _silo;

    /// <param name="options">Where the servers find each other, and how they talk; checked.</param>
    /// <param name="time">The clock.</param>
    /// <param name="warn">Receives a line for what an operator should know.</param>
    /// <exception cref="ClusterException">The certificate cannot be used.</exception>
    public RewardCluster(ClusterOptions options, TimeProvider time, Action<string>? warn)
    {
        (_options, _time, _warn) = (options, time, warn);
        _port = options.ClusterPort == 0 ? FreePort(Address) : options.ClusterPort;
        try
        {
            _certificate = options.ClusterCertificate is { } file ? X509Certificate2.CreateFromPemFile(file) : null;
        }
        catch (System.Security.Cryptography.CryptographicException error)
        {
            throw new ClusterException(
                $"{options.ClusterCertificate} cannot be used: it must hold a certificate and its key, both as PEM ({error.Message})",
                error
            );
        }
    }

    /// <inheritdoc/>
    public string Database => _options.Cluster;

    /// <inheritdoc/>
    public int Shards => _home?.Count ?? 0;

    /// <inheritdoc/>
    /// <remarks>A server that has just joined is counted, and given shards, once it has told this one what can live on it.</remarks>
    public int Servers =>
        _silo?.Services is { } services
        && services.GetService<IClusterManifestProvider>() is { Current.Silos: { } told }
        && services.GetService<ISiloStatusOracle>() is { } membership
            ? membership.GetActiveSilos().Count(told.ContainsKey)
            : 0;

    private IPAddress Address => _options.Address ?? throw new ArgumentException(_options.ClusterHost);

    /// <inheritdoc/>
    public async Task<IRewardService> StartAsync(RewardService local, PostgresState state, CancellationToken cancellationToken)
    {
        (_home, _state) = (new(local), state);
        _membership = await PostgresMembership.OpenAsync(_options.Cluster, _time, cancellationToken);
        try
        {
            await StartSiloAsync(_membership, _home, cancellationToken);
        }
        catch (Exception failure) when (failure is not OperationCanceledException)
        {
            throw new ClusterException(
                $"This server cannot join the cluster in {state.Database.Location} with its port {_port} on {_options.ClusterHost}: "
                    + failure.Message,
                failure
            );
        }

        ShardCalls calls = new(() => _silo?.Services.GetRequiredService<IGrainFactory>(), _time);
        _loops = Task.WhenAll(Task.Run(JoinAgainAsync, CancellationToken.None), Task.Run(() => SweepAsync(calls), CancellationToken.None));
        return _rewards = new(local, calls, _time);
    }

    /// <inheritdoc/>
    public void Lost(int shard) => _home?.Lose(shard);

    /// <inheritdoc/>
    public void BeginClosing() => _rewards?.BeginClosing();

    /// <inheritdoc/>
    public void RequireJoined()
    {
        if (_silo is null)
        {
            throw new ClusterException("This server has left the cluster and is about to join it again.");
        }
    }

    /// <inheritdoc/>
    bool IFatalErrorHandler.IsUnexpected(Exception exception) => exception is not (OperationCanceledException or ObjectDisposedException);

    /// <inheritdoc/>
    void IFatalErrorHandler.OnFatalException(object? sender, string? context, Exception? exception)
    {
        _home?.LeaveAll();
        _fatal.Release();
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _stopped.CancelAsync();
        await _loops;
        _home?.LeaveAll();
        await StopSiloAsync();
        await (_membership?.DisposeAsync() ?? ValueTask.CompletedTask);
        _rewards?.Dispose();
        _certificate?.Dispose();
        _fatal.Dispose();
        _stopped.Dispose();
    }

    private static int FreePort(IPAddress address)
    {
        using TcpListener listener = new(address, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    private async Task StartSiloAsync(PostgresMembership membership, ShardHome home, CancellationToken cancellationToken)
    {
        HostApplicationBuilder builder = Host.CreateEmptyApplicationBuilder(new());
        builder.UseOrleans(silo => Configure(silo, membership, home));
        IHost host = builder.Build();
        try
        {
            await host.StartAsync(cancellationToken);
        }
        catch
        {
            await DisposeAsync(host);
            throw;
        }

        _silo = host;
    }

    private void Configure(ISiloBuilder silo, PostgresMembership membership, ShardHome home)
    {
        silo.Services.AddSingleton<IMembershipTable>(membership);
        silo.Services.AddSingleton<IFatalErrorHandler>(this);
        silo.Services.AddSingleton(home);
        silo.Services.AddSingleton(_time);
        silo.Configure<Orleans.Configuration.ClusterOptions>(cluster => (cluster.ClusterId, cluster.ServiceId) = ("rrm", "rrm"));
        silo.Configure<EndpointOptions>(endpoint =>
        {
            endpoint.AdvertisedIPAddress = Address;
            endpoint.SiloPort = _port;
            endpoint.SiloListeningEndpoint = new(Address, _port);
            endpoint.GatewayPort = 0; // no clients but the servers themselves
        });
        silo.Configure<ClusterMembershipOptions>(membershipOptions =>
        {
            // For a few servers: one that is gone is known to be within some seconds, and none waits long for those of a cluster that died.
            membershipOptions.ProbeTimeout = TimeSpan.FromSeconds(1.5);
            membershipOptions.NumMissedProbesLimit = 3;
            membershipOptions.NumVotesForDeathDeclaration = 1;
            membershipOptions.TableRefreshTimeout = TimeSpan.FromSeconds(10);
            membershipOptions.IAmAliveTablePublishTimeout = TimeSpan.FromSeconds(5);
            membershipOptions.NumMissedTableIAmAliveLimit = 3;
            membershipOptions.MaxJoinAttemptTime = TimeSpan.FromSeconds(30);
            membershipOptions.EvictWhenMaxJoinAttemptTimeExceeded = true;
            membershipOptions.DefunctSiloExpiration = TimeSpan.FromHours(1);
            membershipOptions.DefunctSiloCleanupPeriod = TimeSpan.FromMinutes(10);
        });
        silo.Configure<GrainCollectionOptions>(collection => collection.CollectionAge = TimeSpan.FromMinutes(2));
        if (_certificate is { } own)
        {
            silo.UseTls(
                own,
                tls =>
                {
                    tls.RemoteCertificateMode = tls.ClientCertificateMode = RemoteCertificateMode.RequireCertificate;
                    tls.RemoteCertificateValidation = (remote, _, _) => remote.RawData.AsSpan().SequenceEqual(own.RawData);
                    tls.OnAuthenticateAsClient = (_, client) => client.TargetHost = "rrm";
                }
            );
        }
    }

    private async Task StopSiloAsync()
    {
        if (Interlocked.Exchange(ref _silo, null) is { } host)
        {
            using CancellationTokenSource patience = new(StopPatience, _time);
            await ((Task)host.StopAsync(patience.Token).WaitAsync(StopPatience, _time)).ConfigureAwait(
                ConfigureAwaitOptions.SuppressThrowing
            );
            await DisposeAsync(host);
        }
    }

    private async Task DisposeAsync(IHost host)
    {
        Task disposing = Task.Run(async () => await ((IAsyncDisposable)host).DisposeAsync());
        await disposing.WaitAsync(StopPatience, _time).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    private async Task JoinAgainAsync()
    {
        while (!_stopped.IsCancellationRequested && _membership is { } membership && _home is { } home)
        {
            await _fatal.WaitAsync(_stopped.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            if (_stopped.IsCancellationRequested)
            {
                return;
            }

            _warn?.Invoke("the other servers of the cluster took this one for dead; it joins again");
            await StopSiloAsync();
            home.LeaveAll();
            TimeSpan pause = TimeSpan.FromSeconds(0.5);
            while (_silo is null && !_stopped.IsCancellationRequested)
            {
                try
                {
                    await StartSiloAsync(membership, home, _stopped.Token);
                    _warn?.Invoke("this server is in the cluster again");
                }
                catch (Exception failure) when (!_stopped.IsCancellationRequested)
                {
                    _warn?.Invoke($"this server cannot join the cluster yet: {failure.Message}");
                    await Task.Delay(pause, _time, _stopped.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
                    pause = pause + pause < LongestPause ? pause + pause : LongestPause;
                }
                catch (Exception)
                {
                    return; // it stops
                }
            }

            while (_fatal.Wait(0))
            {
                // What the silo that is gone said on its way.
            }
        }
    }

    /// <summary>Sees to it that shards with open groups live somewhere, though their clients only wait.</summary>
    private async Task SweepAsync(ShardCalls calls)
    {
        while (!_stopped.IsCancellationRequested)
        {
            await Task.Delay(SweepEvery, _time, _stopped.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            if (_stopped.IsCancellationRequested || _silo is null || _state is not { } state)
            {
                continue;
            }

            try
            {
                IReadOnlyList<int> open = await state.Rewards.FindOpenShardsAsync();
                await Parallel.ForEachAsync(
                    open,
                    new ParallelOptions { MaxDegreeOfParallelism = 4, CancellationToken = _stopped.Token },
                    async (shard, stop) =>
                        await calls.AskAsync(
                            shard,
                            async grain =>
                            {
                                await grain.TouchAsync(stop);
                                return true;
                            },
                            _ => false,
                            stop
                        )
                );
            }
            catch (Exception failure) when (failure is RewardReasoningException or OperationCanceledException)
            {
                // Later.
            }
        }
    }
}
