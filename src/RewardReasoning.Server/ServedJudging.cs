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
    private readonly RewardService _rewards;
    private readonly RunRoutes _runs;

    private ServedJudging(ServerState state, JudgingContext context, RewardService rewards, JudgeServerOptions options)
    {
        (_state, _context, _rewards) = (state, context, rewards);
        _runner = new JobRunner(state.Jobs, context, options.OnFailure);
        _runs = new(options.RunsFolder);
        context.Drain.Begun.Register(rewards.BeginClosing);
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
        ServerState state = await ServerState.OpenAsync(options.State, model.Store, time, options.OnFailure, cancellationToken);
        RewardService? service = null;
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
                Bodies = new Admission(Math.Max(MaxBodyMegabytes, Megabytes.Of(options.MaxRequestBytes)), "MiB of requests"),
                MaxRequestBytes = options.MaxRequestBytes,
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
            };
            service = await RewardService.StartAsync(RewardJudge.Of(judge, context.Decides), rewards, state.Rewards, time);
            return new(state, context, service, options);
        }
        catch
        {
            await (service?.DisposeAsync() ?? ValueTask.CompletedTask);
            state.Dispose();
            throw;
        }
    }

    /// <summary>Adds the routes that judge, and what they are measured by.</summary>
    public void Map(IEndpointRouteBuilder routes, ServerMeter meter)
    {
        meter.Watch("requests", "Requests to judge or rank, running or waiting", () => _context.Admission.Inside);
        meter.Watch("requests.limit", "The most of them", () => _context.Admission.Most);
        JudgeRoutes.Map(routes, _context);
        ScoreRoutes.Map(routes, _context);
        JudgmentRoutes.Map(routes, _state.Judgments);
        PageRoutes.Map(routes);
        JobRoutes.Map(routes, _state.Jobs, _runner, _context);
        routes.MapRewards(_rewards);
        _runs.Map(routes);
    }

    /// <summary>Looks whether the state can be used.</summary>
    /// <exception cref="CompletionStoreException">It cannot.</exception>
    public Task CheckStateAsync() => _state.CheckAsync();

    /// <summary>The judge as tools of the Model Context Protocol.</summary>
    public IReadOnlyList<McpServerTool> ToolsFor(ServedModel model, JudgeServerOptions options) =>
        JudgeTools.Of(_context.Judge, _context.Decides, model.Ranking, options.MaxResponses, new(options.MaxToolTokens), _context.Time);

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _runner.DisposeAsync();
        await _rewards.DisposeAsync();
        _runs.Dispose();
        _state.Dispose();
    }
}
