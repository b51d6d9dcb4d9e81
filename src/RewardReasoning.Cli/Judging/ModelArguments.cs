using System.CommandLine;
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

    private readonly EndpointArguments _endpoint = new();

    public void AddTo(Command command)
    {
        command.Options.Add(_model);
        _endpoint.AddTo(command);
        command.Options.Add(_type);
        command.Options.Add(_device);
    }

    /// <exception cref="UsageException">The options contradict each other, or name no model.</exception>
    public ModelSource Read(ParseResult parsed, Terminal terminal)
    {
        string? model = parsed.GetValue(_model);
        if (_endpoint.Read(parsed, model, terminal) is { } endpoint)
        {
            RequireAbsent(parsed, [_type, _device], "goes with a model folder; what answers at --endpoint decides for itself.");
            return endpoint;
        }

        RequireAbsent(parsed, _endpoint.WithoutAddress, "goes with --endpoint URL, which is not given.");
        LocalModelOptions options = new()
        {
            ComputeType = ComputeTypeOf(parsed.GetValue(_type)),
            HashFolder = terminal.Folders.Cache is { } cache ? Path.Combine(cache, "hashes") : null,
        };
        return new FolderSource(
            model is null ? ModelFolders.Default() : ModelFolders.Require(model),
            parsed.GetValue(_device) is { } device ? options with { Device = device } : options);
    }

    private static void RequireAbsent(ParseResult parsed, IEnumerable<Option> options, string reason)
    {
        if (options.FirstOrDefault(option => parsed.GetResult(option) is { Implicit: false }) is { } alone)
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
}
