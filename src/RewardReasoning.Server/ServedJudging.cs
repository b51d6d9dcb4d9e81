using Microsoft.AspNetCore.Routing;
using ModelContextProtocol.Server;
using RewardReasoning.Judging;
using RewardReasoning.Server.Http;
using RewardReasoning.Server.Jobs;
using RewardReasoning.Server.Judging;
using RewardReasoning.Server.Judgments;
using RewardReasoning.Server.Mcp;
using RewardReasoning.Server.Page;
using RewardReasoning.Server.Rewards;
using RewardReasoning.Server.Runs;
using RewardReasoning.Server.Scoring;
using RewardReasoning.Storage;
using RewardReasoning.Storage.State;

namespace RewardReasoning.Server;

/// <summary>
/// What a server with a judge has beside its routes: rewards, jobs and recorded judgments, in a <see cref="ServerState"/>.
/// </summary>
internal sealed class ServedJudging : IAsyncDisposable
{
    private const int MaxBodyMegabytes = 512;

    private readonly ServerState _state;
    private readonly JudgingContext _context;
    private readonly JobRunner _runner;
    private readonly RewardService _local;
    private readonly IRewardService _rewards;
    private readonly IRewardCluster? _cluster;
    private readonly RunRoutes _runs;

    private ServedJudging(
        ServerState state,
        JudgingContext context,
        RewardService local,
        IRewardService rewards,
        JudgeServerOptions options
    )
    {
        (_state, _context, _local, _rewards, _cluster) = (state, context, local, rewards, options.Cluster);
        _runner = new JobRunner(state.Jobs, context, options.OnFailure);
        _runs = new(options.RunsFolder);
        context.Drain.Begun.Register(options.Cluster is { } cluster ? cluster.BeginClosing : local.BeginClosing);
    }

    /// <summary>Goes on with the groups and jobs that the store has open.</summary>
    /// <param name="model">What is served.</param>
    /// <param name="judge">Its judge.</param>
    /// <param name="options">How to serve it.</param>
    /// <param name="drain">What is under way in the server.</param>
    /// <param name="time">The clock.</param>
    /// <param name="stopping">Cancelled when a server that stops no longer waits.</param>
    /// <param name="cancellationToken">Cancels starting.</param>
    /// <exception cref="CompletionStoreException">The state cannot be used.</exception>
    public static async Task<ServedJudging> StartAsync(
        ServedModel model,
        OpenedJudge judge,
        JudgeServerOptions options,
        Drain drain,
        TimeProvider time,
        CancellationToken stopping,
        CancellationToken cancellationToken
    )
    {
        ServerState state = await OpenStateAsync(options, model, time, cancellationToken);
        RewardService? local = null;
        try
        {
            JudgmentRecorder recorder = new(state.Judgments, time, options.OnFailure);
            JudgingContext context = new()
            {
                Judge = judge,
                Decides = recorder.Around(judge.Judge),
                OnJudged = (comparison, judgment) => recorder.Record(comparison, judgment),
                Ranking = model.Ranking with { Concurrency = judge.Concurrency },
                Store = model.Store,
                Admission = new Admission(options.MaxRequests, "requests"),
                Bodies = new BodyAdmission(
                    new Admission(Math.Max(MaxBodyMegabytes, Megabytes.Of(options.MaxRequestBytes)), "MiB of requests"),
                    options.MaxRequestBytes,
                    time
                ),
                Drain = drain,
                Stopping = stopping,
                Deadline = options.Deadline,
                MaxResponses = options.MaxResponses,
                Time = time,
            };
            RewardOptions rewards = new()
            {
                GroupSize = options.GroupSize,
                MaxOpenMembers = options.MaxMembers,
                OnWarning = options.OnFailure,
                OnLost = options.Cluster is { } one ? one.Lost : null,
            };
            RewardJudge judges = RewardJudge.Of(judge, context.Decides);
            if (options.Cluster is { } cluster && state is PostgresState shared)
            {
                local = await RewardService.StartWithoutShardsAsync(judges, rewards, state.Rewards, time);
                return new(state, context, local, await cluster.StartAsync(local, shared, cancellationToken), options);
            }

            local = await RewardService.StartAsync(judges, rewards, state.Rewards, time);
            return new(state, context, local, local, options);
        }
        catch
        {
            await (options.Cluster?.DisposeAsync() ?? ValueTask.CompletedTask);
            await (local?.DisposeAsync() ?? ValueTask.CompletedTask);
            state.Dispose();
            throw;
        }
    }

    /// <summary>Adds the routes that judge, and what they are measured by.</summary>
    public void Map(IEndpointRouteBuilder routes, ServerMeter meter)
    {
        meter.Watch("requests", "Requests to judge or rank, running or waiting", () => _context.Admission.Inside);
        meter.Watch("requests.limit", "The most of them", () => _context.Admission.Most);
        if (_cluster is { } cluster)
        {
            meter.Watch("cluster.servers", "Servers of the cluster that are there", () => cluster.Servers);
            meter.Watch("cluster.shards", "Shards of the groups that are at home on this server, of 256", () => cluster.Shards);
        }

        JudgeRoutes.Map(routes, _context);
        ScoreRoutes.Map(routes, _context);
        JudgmentRoutes.Map(routes, _state.Judgments);
        PageRoutes.Map(routes);
        JobRoutes.Map(routes, _state.Jobs, _runner, _context);
        routes.MapRewards(_rewards, _context.Bodies);
        _runs.Map(routes);
    }

    private static async Task<ServerState> OpenStateAsync(
        JudgeServerOptions options,
        ServedModel model,
        TimeProvider time,
        CancellationToken cancellationToken
    ) =>
        options.Cluster is { } cluster
            ? await PostgresState.OpenAsync(cluster.Database, shared: true, time, cancellationToken)
                ?? throw new CompletionStoreException(
                    $"A server without --cluster has its groups, jobs and judgments in {cluster.Database}. Stop it, or name another "
                        + "database with --cluster."
                )
                {
                    IsUnusable = true,
                }
            : await ServerState.OpenAsync(options.State, model.Store, time, options.OnFailure, cancellationToken);

    /// <summary>Looks whether the state can be used, and the server is in its cluster if it has one.</summary>
    /// <exception cref="CompletionStoreException">It cannot.</exception>
    public Task CheckStateAsync()
    {
        _cluster?.RequireJoined();
        return _state.CheckAsync();
    }

    /// <summary>The judge as tools of the Model Context Protocol.</summary>
    public IReadOnlyList<McpServerTool> ToolsFor(ServedModel model, JudgeServerOptions options) =>
        JudgeTools.Of(_context.Judge, _context.Decides, model.Ranking, options.MaxResponses, new(options.MaxToolTokens), _context.Time);

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _runner.DisposeAsync();
        await (_cluster?.DisposeAsync() ?? ValueTask.CompletedTask);
        await _local.DisposeAsync();
        _runs.Dispose();
        _state.Dispose();
    }
}
