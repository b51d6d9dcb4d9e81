using System.CommandLine;
using Microsoft.Extensions.AI;
using RewardReasoning.Cli.Judging;
using RewardReasoning.Cli.Parsing;
using RewardReasoning.Cli.Ranking;
using RewardReasoning.Cli.Terminals;
using RewardReasoning.Judging;
using RewardReasoning.LlamaCpp;
using RewardReasoning.Models;
using RewardReasoning.Rankings;
using RewardReasoning.Server;
using RewardReasoning.Server.Rewards;
using RewardReasoning.Storage;

namespace RewardReasoning.Cli.Commands;

/// <summary><c>rrm serve</c>: a judge over HTTP, and a model with OpenAI's interface.</summary>
internal sealed class ServeCommand
{
    private static readonly JudgeServerOptions Defaults = new();

    private static readonly string[] CollectorVariables =
    [
        "OTEL_EXPORTER_OTLP_ENDPOINT",
        "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT",
        "OTEL_EXPORTER_OTLP_METRICS_ENDPOINT",
    ];

    private readonly Terminal _terminal;
    private readonly ModelArguments _model = new();
    private readonly JudgingArguments _judging = new();
    private readonly RankingArguments _ranking = new();
    private readonly ClusterArguments _cluster = new();
    private readonly Option<bool> _openAI = new("--openai")
    {
        Description = "Serve only the model itself, with OpenAI's chat completions interface; nothing is judged.",
    };

    private readonly Option<string?> _name = new("--name")
    {
        Description = "The name under which the model is served (default: its folder's, or its name at --endpoint).",
        HelpName = "NAME",
    };

    private readonly Option<string> _host = new("--host")
    {
        Description = "Address to listen on; 0.0.0.0 lets other machines in.",
        HelpName = "ADDRESS",
        DefaultValueFactory = _ => Defaults.Host,
    };

    private readonly Option<int> _port = new("--port")
    {
        Description = "Port to listen on; 0 takes one that is free.",
        HelpName = "N",
        DefaultValueFactory = _ => Defaults.Port,
    };

    private readonly Option<string?> _keyVariable = new("--key-env")
    {
        Description = "Name of the environment variable that holds the key that requests must bring.",
        HelpName = "VAR",
    };

    private readonly Option<string?> _keyFile = new("--keys")
    {
        Description = "File of the keys, one of which requests must bring; rrm keys makes it.",
        HelpName = "FILE",
    };

    private readonly Option<bool> _withoutKeys = new("--without-keys")
    {
        Description = "With --host: let everybody in who can reach the address.",
    };

    private readonly Option<string[]> _allowedHosts = new("--allowed-host")
    {
        Description = "Name under which the server may be asked, such as a proxy's; give it again for each further name.",
        HelpName = "NAME",
    };

    private readonly Option<int> _maxRequests = new("--max-requests")
    {
        Description = "Requests to judge or rank that run or wait at once; those beyond them are refused with 429.",
        HelpName = "N",
        DefaultValueFactory = _ => Defaults.MaxRequests,
    };

    private readonly Option<int> _maxMembers = new("--max-members")
    {
        Description = "Members that the open groups of rewards have together at most; those of further groups are refused with 429.",
        HelpName = "N",
        DefaultValueFactory = _ => Defaults.MaxMembers,
    };

    private readonly Option<int?> _groupSize = new("--group-size")
    {
        Description = "Members of a group, for trainers that ask for rewards without saying it (docs/rewards.md).",
        HelpName = "N",
    };

    private readonly Option<string?> _state = new("--state")
    {
        Description =
            "SQLite file or PostgreSQL database (postgres://…) for groups of rewards, jobs and judgments (default: that of --store; in "
            + "memory without one).",
        HelpName = "PLACE",
    };

    private readonly Option<string?> _runs = new("--runs")
    {
        Description = "Folder below which the page looks for runs of rrm train, bench and score, to show them.",
        HelpName = "FOLDER",
    };

    private readonly Option<long?> _maxToolTokens = ToolTokens.Option();

    private readonly Option<int> _maxCompletions = new("--max-completions")
    {
        Description = "Completions of OpenAI's interface that run or wait at once; requests beyond them are refused with 429.",
        HelpName = "N",
        DefaultValueFactory = _ => Defaults.MaxCompletions,
    };

    private readonly Option<double?> _deadline = new("--deadline")
    {
        Description = "Seconds that a request to judge or rank may take (default: no limit); requests may ask for less.",
        HelpName = "S",
    };

    private readonly Option<double> _drain = new("--drain-timeout")
    {
        Description = "Seconds that accepted work may go on once the server is asked to stop.",
        HelpName = "S",
        DefaultValueFactory = _ => Defaults.DrainTimeout.TotalSeconds,
    };

    private ServeCommand(Terminal terminal) => _terminal = terminal;

    public static Command Create(Terminal terminal)
    {
        ServeCommand serve = new(terminal);
        Command command = Verb.Create(
            terminal,
            "serve",
            "Serve a judge over HTTP until Ctrl-C or SIGTERM; a model in this process answers with OpenAI's interface too.",
            """
            rrm serve
            rrm serve --votes 5 --port 8080
            rrm serve --endpoint http://localhost:8000/v1 --model Reward-Reasoning/RRM-7B --port 8090
            rrm serve --openai --model models/rrm-mini
            rrm serve --group-size 8 --votes 3
            rrm serve --criteria criteria.toml --endpoint http://localhost:8000/v1 --model qwen3
            rrm serve --host 0.0.0.0 --keys keys.json
            rrm serve --runs runs
            rrm serve --cluster postgres://rrm@db.example/judgments --port 8001
            """
        );
        foreach (
            Option option in (Option[])
                [
                    serve._openAI,
                    serve._name,
                    serve._host,
                    serve._port,
                    serve._keyFile,
                    serve._keyVariable,
                    serve._withoutKeys,
                    serve._allowedHosts,
                    serve._maxRequests,
                    serve._maxCompletions,
                    serve._maxMembers,
                    serve._groupSize,
                    serve._state,
                    .. serve._cluster.Options,
                    serve._runs,
                    serve._maxToolTokens,
                    serve._deadline,
                    serve._drain,
                ]
        )
        {
            command.Options.Add(option);
        }

        serve._ranking.AddTo(command);
        serve._judging.AddTo(command, withCriteria: true);
        serve._model.AddTo(command);
        command.SetAction(serve.RunAsync);
        return command;
    }

    private async Task<int> RunAsync(ParseResult parsed, CancellationToken cancellationToken)
    {
        JudgeServerOptions options = CheckedOptions.Require(Read(parsed));
        RequireWhatServersCanShare(parsed);
        ModelSource source = await _model.ReadAsync(parsed, _terminal, cancellationToken);
        string name = parsed.GetValue(_name) ?? source.Name;
        if (parsed.GetValue(_openAI))
        {
            using IChatClient client = source is FolderSource { IsScalar: false } or GgufSource
                ? source.Open()
                : throw new UsageException("--openai serves a model that writes; what is at --endpoint has that interface already.");
            return await ServeAsync(ChatModel(name, client), options, cancellationToken);
        }

        JudgeOptions judging = _judging.Read(parsed, source);
        RankingOptions ranking = _ranking.Read(parsed, judging, _judging.MayTie(parsed));
        using OpenedJudge judge = await _judging.OpenJudgeAsync(
            parsed,
            source,
            judging,
            _terminal,
            cancellationToken,
            client => client.AsBuilder().UseOpenTelemetry().Build()
        );
        IChatClient? local = judge.Client?.GetService<LocalChatClient>() as IChatClient ?? judge.Client?.GetService<GgufChatClient>();
        ServedModel model = local is null ? new ServedModel { Name = name } : ChatModel(name, local);
        IRewardCluster? cluster = _cluster.Open(parsed, _terminal);
        return await ServeAsync(
            model with
            {
                Judge = judge,
                Ranking = ranking,
                Store = judge.Client?.GetService<ICompletionStore>(),
            },
            options with
            {
                Cluster = cluster,
            },
            cancellationToken
        );
    }

    /// <summary>What one server has alone cannot be a cluster's.</summary>
    /// <exception cref="UsageException">Something of that kind was asked for.</exception>
    private void RequireWhatServersCanShare(ParseResult parsed)
    {
        if (_cluster.DatabaseOf(parsed) is not { } database)
        {
            return;
        }

        string? asked =
            !PostgresLocation.Is(database) ? $"--cluster is {database}"
            : parsed.GetValue(_openAI) ? "--openai serves a model only"
            : parsed.GetValue(_state) is { } state && state != database ? $"--state is {state}"
            : _judging.StoreOf(parsed) is { } store && !PostgresLocation.Is(store) ? $"--store is {store}"
            : null;
        if (asked is not null)
        {
            throw new UsageException(
                $"{asked}, and the servers of a cluster share a PostgreSQL database: name it with --cluster postgres://user@host/database, "
                    + "and leave --state and --store out, or name such a database with --store too."
            );
        }

        _judging.StoreByDefault(database);
    }

    private static ServedModel ChatModel(string name, IChatClient client) =>
        new()
        {
            Name = name,
            Chat = client,
            ContextLength = client.GetService<IChatModel>()?.ContextLength,
        };

    private JudgeServerOptions Read(ParseResult parsed) =>
        new()
        {
            Host = parsed.GetRequiredValue(_host),
            Port = parsed.GetValue(_port),
            KeyFile = parsed.GetValue(_keyFile),
            KeyVariable = parsed.GetValue(_keyVariable),
            WithoutKeys = parsed.GetValue(_withoutKeys),
            AllowedHosts = parsed.GetValue(_allowedHosts) ?? [],
            MaxRequests = parsed.GetValue(_maxRequests),
            MaxCompletions = parsed.GetValue(_maxCompletions),
            MaxMembers = parsed.GetValue(_maxMembers),
            GroupSize = parsed.GetValue(_groupSize),
            State = parsed.GetValue(_state),
            RunsFolder = parsed.GetValue(_runs),
            MaxToolTokens = ToolTokens.Read(parsed, _maxToolTokens),
            Deadline = parsed.GetValue(_deadline) is { } seconds ? SecondsOf(seconds, _deadline) : null,
            DrainTimeout = SecondsOf(parsed.GetValue(_drain), _drain),
            ExportsTelemetry = Array.Exists(CollectorVariables, name => Environment.GetEnvironmentVariable(name) is { Length: > 0 }),
            OnFailure = line => _terminal.Error.WriteLine($"rrm: {line}"),
        };

    /// <exception cref="UsageException">It is no length of time.</exception>
    private static TimeSpan SecondsOf(double seconds, Option option) =>
        seconds is >= 0 and <= 1e6
            ? TimeSpan.FromSeconds(seconds)
            : throw new UsageException(FormattableString.Invariant($"{option.Name} is {seconds}; it is 0 to 1000000 seconds."));

    private async Task<int> ServeAsync(ServedModel model, JudgeServerOptions options, CancellationToken cancellationToken)
    {
        await using JudgeServer server = await JudgeServer.StartAsync(model, options, TimeProvider.System, cancellationToken);
        _terminal.Error.WriteLine($"rrm: {model.Name} answers at {server.Url}; Ctrl-C stops it.");
        await Task.Delay(Timeout.InfiniteTimeSpan, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _terminal.Error.WriteLine("rrm: stopping; requests under way are answered first.");
        await server.StopAsync();
        return ExitCodes.Done;
    }
}
