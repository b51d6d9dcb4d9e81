using System.CommandLine;
using RewardReasoning.Cli.Parsing;
using RewardReasoning.Cli.Terminals;

namespace RewardReasoning.Cli.Judging;

/// <summary>Which model judges: a folder or a GGUF file on this machine, or a name on a server.</summary>
internal sealed class ModelArguments
{
    private readonly Option<string?> _model = new("--model")
    {
        Description =
            "Folder (of a model, or of adapters) or GGUF file that runs in this process, also on the hub: hf://OWNER/NAME, "
            + "hf://OWNER/NAME/FILE.gguf (default: models/rrm-mini of this clone); with --endpoint, the model's name there.",
        HelpName = "FOLDER|FILE.gguf|NAME",
    };

    private readonly Option<string?> _jury = new("--jury")
    {
        Description =
            "Several judges as one, by a file (TOML or JSON) of members, each with a model of its own and the options of a judge "
            + "(docs/judging.md).",
        HelpName = "FILE",
    };

    private readonly FolderArguments _folder = new();
    private readonly EndpointArguments _endpoint = new();

    /// <param name="command">The verb.</param>
    /// <param name="withJury">Whether several judges may judge as one.</param>
    public void AddTo(Command command, bool withJury = false)
    {
        command.Options.Add(_model);
        if (withJury)
        {
            command.Options.Add(_jury);
        }

        _endpoint.AddTo(command);
        foreach (Option option in _folder.Options)
        {
            command.Options.Add(option);
        }
    }

    /// <exception cref="UsageException">The options contradict each other, or name no model.</exception>
    public async Task<ModelSource> ReadAsync(ParseResult parsed, Terminal terminal, CancellationToken cancellationToken)
    {
        string? model = parsed.GetValue(_model);
        if (parsed.GetResult(_jury) is not null && parsed.GetValue(_jury) is { } jury)
        {
            RequireAbsent(
                parsed,
                [_model, .. _endpoint.Addresses, .. _endpoint.WithoutAddress, .. _folder.Options],
                "is for one model; with --jury each member names its own in the file."
            );
            return JuryFile.Read(jury, JudgingArguments.OfMembers());
        }

        if (_endpoint.Read(parsed, model, terminal) is { } endpoint)
        {
            RequireAbsent(parsed, _folder.Options, "goes with a model in this process; what answers at --endpoint decides for itself.");
            return endpoint;
        }

        RequireAbsent(parsed, _endpoint.WithoutAddress, "goes with --endpoint URL, which is not given.");
        return await _folder.ReadAsync(parsed, model, terminal, cancellationToken);
    }

    private static void RequireAbsent(ParseResult parsed, IEnumerable<Option> options, string reason)
    {
        if (options.FirstOrDefault(option => parsed.GetResult(option) is { Implicit: false }) is { } alone)
        {
            throw new UsageException($"{alone.Name} {reason}");
        }
    }
}
