using System.CommandLine;
using System.Net;
using Microsoft.Extensions.AI;
using RewardReasoning.Cli.Judging;
using RewardReasoning.Models;
using RewardReasoning.Server.Chat;

namespace RewardReasoning.Cli.Commands;

/// <summary><c>rrm serve</c>: a model over HTTP.</summary>
internal sealed class ServeCommand
{
    private static readonly ChatServerOptions Defaults = new() { Model = "" };

    private readonly Terminal _terminal;
    private readonly FolderArguments _folder = new();
    private readonly Option<bool> _openAI = new("--openai")
    {
        Description = "Serve the model itself, with OpenAI's chat completions interface.",
    };

    private readonly Option<string?> _model = new("--model")
    {
        Description = "Folder of the model, or hf://OWNER/NAME of one on the hub (default: models/rrm-mini of this clone).",
        HelpName = "FOLDER",
    };

    private readonly Option<string?> _name = new("--name")
    {
        Description = "The name under which the model is served (default: its folder's).",
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

    private readonly Option<string?> _apiKeyVariable = new("--api-key-env")
    {
        Description = "Name of the environment variable that holds the key that requests must bring.",
        HelpName = "VAR",
    };

    private readonly Option<int> _maxCompletions = new("--max-completions")
    {
        Description = "Completions under way or waiting at once; requests beyond them are refused with 429.",
        HelpName = "N",
        DefaultValueFactory = _ => Defaults.MaxCompletions,
    };

    private ServeCommand(Terminal terminal) => _terminal = terminal;

    public static Command Create(Terminal terminal)
    {
        ServeCommand serve = new(terminal);
        Command command = Verb.Create(
            terminal,
            "serve",
            "Serve a model over HTTP until Ctrl-C or SIGTERM.",
            """
            rrm serve --openai
            rrm serve --openai --model models/rrm-mini --port 8080
            rrm serve --openai --host 0.0.0.0 --api-key-env RRM_API_KEY
            """
        );
        foreach (
            Option option in new Option[]
            {
                serve._openAI,
                serve._model,
                serve._name,
                serve._host,
                serve._port,
                serve._apiKeyVariable,
                serve._maxCompletions,
            }
        )
        {
            command.Options.Add(option);
        }

        foreach (Option option in serve._folder.Options)
        {
            command.Options.Add(option);
        }

        command.SetAction(serve.RunAsync);
        return command;
    }

    private async Task<int> RunAsync(ParseResult parsed, CancellationToken cancellationToken)
    {
        if (!parsed.GetValue(_openAI))
        {
            throw new UsageException("--openai is missing: `rrm serve --openai` serves a model with OpenAI's chat completions interface.");
        }

        FolderSource source = await _folder.ReadAsync(parsed, parsed.GetValue(_model), _terminal, cancellationToken);
        ChatServerOptions options = new()
        {
            Model = parsed.GetValue(_name) ?? Path.GetFileName(Path.TrimEndingDirectorySeparator(Path.GetFullPath(source.Folder))),
            Host = parsed.GetRequiredValue(_host),
            Port = parsed.GetValue(_port),
            ApiKeyVariable = parsed.GetValue(_apiKeyVariable),
            MaxCompletions = parsed.GetValue(_maxCompletions),
            OnFailure = line => _terminal.Error.WriteLine($"rrm: {line}"),
        };
        _ = CheckedOptions.Require(options, checkedOptions => checkedOptions.Validate());
        using IChatClient client = source.Open();
        await using ChatServer server = await ChatServer.StartAsync(
            client,
            options with
            {
                ContextLength = client.GetService<LocalModel>()?.ContextLength,
            },
            TimeProvider.System,
            cancellationToken
        );
        if (
            options.ApiKeyVariable is null
            && !IPAddress.IsLoopback(new IPEndPoint(IPAddress.Parse(server.Url.Host.Trim('[', ']')), 0).Address)
        )
        {
            _terminal.Error.WriteLine("rrm: warning: other machines can reach this server, and no key is asked for (--api-key-env VAR).");
        }

        _terminal.Error.WriteLine($"rrm: {options.Model} answers at {server.Url}; Ctrl-C stops it.");
        await UntilCancelledAsync(cancellationToken);
        _terminal.Error.WriteLine("rrm: stopping; requests under way are answered first.");
        await server.StopAsync();
        return ExitCodes.Done;
    }

    private static async Task UntilCancelledAsync(CancellationToken cancellationToken) =>
        await Task.Delay(Timeout.InfiniteTimeSpan, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
}
