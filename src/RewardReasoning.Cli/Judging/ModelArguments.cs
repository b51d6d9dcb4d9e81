using System.CommandLine;
using RewardReasoning.Endpoints;
using RewardReasoning.Models;

namespace RewardReasoning.Cli.Judging;

/// <summary>Which model judges: a folder on this machine, or a name on a server.</summary>
internal sealed class ModelArguments
{
    private readonly Option<string?> _model = new("--model")
    {
        Description = "Folder of a model that runs in this process (default: models/rrm-mini of this clone); with --endpoint, the model's name there.",
        HelpName = "FOLDER|NAME",
    };

    private readonly Option<string?> _endpoint = new("--endpoint")
    {
        Description = "Address of an OpenAI-compatible server, such as http://localhost:8000/v1.",
        HelpName = "URL",
    };

    private readonly Option<string?> _revision = new("--revision")
    {
        Description = "Which version of the model is served at --endpoint; the store keeps the completions of each apart.",
        HelpName = "TEXT",
    };

    private readonly Option<string?> _apiKeyVariable = new("--api-key-env")
    {
        Description = "Name of the environment variable that holds the server's API key.",
        HelpName = "VAR",
    };

    private readonly Option<string?> _server = new("--server")
    {
        Description = "What answers at --endpoint, where that is known: it decides which fields are sent.",
        HelpName = "generic|openai|vllm|sglang|llamacpp|ollama",
    };

    private readonly Option<int?> _tries = new("--tries")
    {
        Description = "How often a request to --endpoint is tried before its failure counts (default 8, within 10 minutes).",
        HelpName = "N",
    };

    private readonly Option<string?> _type = new("--dtype")
    {
        Description = "What a model folder computes in; auto takes the faster one here (default auto).",
        HelpName = "auto|f32|bf16",
    };

    private readonly Option<string?> _device = new("--device")
    {
        Description = "Where a model folder computes (default cpu).",
        HelpName = "cpu|cuda|cuda:N",
    };

    public void AddTo(Command command)
    {
        foreach (Option option in new Option[] { _model, _endpoint, _revision, _apiKeyVariable, _server, _tries, _type, _device })
        {
            command.Options.Add(option);
        }
    }

    /// <exception cref="UsageException">The options contradict each other, or name no model.</exception>
    public ModelSource Read(ParseResult parsed, Terminal terminal)
    {
        string? model = parsed.GetValue(_model);
        if (parsed.GetValue(_endpoint) is { } endpoint)
        {
            RequireAbsent(parsed, [_type, _device], "goes with a model folder; what answers at --endpoint decides for itself.");
            return new EndpointSource(EndpointOptionsOf(parsed, endpoint, model, terminal));
        }

        RequireAbsent(parsed, [_revision, _apiKeyVariable, _server, _tries], "goes with --endpoint URL, which is not given.");
        LocalModelOptions options = new()
        {
            ComputeType = ComputeTypeOf(parsed.GetValue(_type)),
            HashFolder = terminal.Folders.Cache is { } cache ? Path.Combine(cache, "hashes") : null,
        };
        return new FolderSource(
            model is null ? ModelFolders.Default() : ModelFolders.Require(model),
            parsed.GetValue(_device) is { } device ? options with { Device = device } : options);
    }

    private static void RequireAbsent(ParseResult parsed, Option[] options, string reason)
    {
        if (Array.Find(options, option => parsed.GetResult(option) is { Implicit: false }) is { } alone)
        {
            throw new UsageException($"{alone.Name} {reason}");
        }
    }

    private static ComputeType ComputeTypeOf(string? name) => name switch
    {
        null or "auto" => ComputeType.Automatic,
        "f32" => ComputeType.F32,
        "bf16" => ComputeType.BF16,
        _ => throw new UsageException($"--dtype is '{name}'; it is auto, f32 or bf16."),
    };

    private EndpointOptions EndpointOptionsOf(ParseResult parsed, string endpoint, string? model, Terminal terminal)
    {
        if (!Uri.TryCreate(endpoint, UriKind.Absolute, out Uri? url))
        {
            throw new UsageException($"--endpoint is '{endpoint}'; it is an absolute http or https address, such as http://localhost:8000/v1.");
        }

        EndpointOptions options = new()
        {
            Url = url,
            Model = model ?? throw new UsageException("--endpoint needs --model NAME: the name under which the server serves the model."),
            Revision = parsed.GetValue(_revision),
            ApiKeyVariable = parsed.GetValue(_apiKeyVariable),
            Flavour = Flavour(parsed.GetValue(_server)),
            OnRetry = (failure, tried, wait) => terminal.Error.WriteLine(
                FormattableString.Invariant($"rrm: {failure.Message} Try {tried} failed; the next in {wait.TotalSeconds:0.0} s.")),
        };
        return parsed.GetValue(_tries) is { } tries ? options with { Tries = tries } : options;
    }

    private static ServerFlavour Flavour(string? server) =>
        server is null ? ServerFlavour.Generic
        : Enum.TryParse(server, ignoreCase: true, out ServerFlavour flavour) && Enum.IsDefined(flavour) ? flavour
        : throw new UsageException($"--server is '{server}'; it is {string.Join(", ", Enum.GetNames<ServerFlavour>().Select(name => name.ToLowerInvariant()))}.");
}
