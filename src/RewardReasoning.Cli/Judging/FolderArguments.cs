using System.CommandLine;
using System.Text.RegularExpressions;
using RewardReasoning.Cli.Hub;
using RewardReasoning.Models;

namespace RewardReasoning.Cli.Judging;

/// <summary>How a model folder is run in this process.</summary>
internal sealed partial class FolderArguments
{
    private readonly Option<string?> _type = new("--dtype")
    {
        Description = "What a model folder computes in; auto takes the faster one here (default auto).",
        HelpName = "auto|float32|bfloat16",
    };

    private readonly Option<string?> _device = new("--device")
    {
        Description = "Where a model folder computes (default cpu).",
        HelpName = "cpu|cuda|cuda:N",
    };

    /// <summary>The options, to be added to a command.</summary>
    public Option[] Options => [_type, _device];

    /// <summary>The folder that was named, loaded from the hub where it is there, or the shipped model where none was.</summary>
    /// <exception cref="UsageException">It is no model folder, or the options have wrong values.</exception>
    public async Task<FolderSource> ReadAsync(ParseResult parsed, string? folder, Terminal terminal, CancellationToken cancellationToken)
    {
        LocalModelOptions options = new()
        {
            ComputeType = ComputeTypeOf(parsed.GetValue(_type)),
            HashFolder = terminal.Folders.Cache is { } cache ? Path.Combine(cache, "hashes") : null,
        };
        return new FolderSource(
            folder is null
                ? ModelFolders.Default()
                : ModelFolders.Require(await HubArgument.LocalModelAsync(folder, terminal, cancellationToken)),
            parsed.GetValue(_device) is { } device ? options with { Device = Require(device) } : options
        );
    }

    /// <exception cref="UsageException">It is not the name of a device.</exception>
    private static string Require(string device) =>
        DeviceName().IsMatch(device) ? device : throw new UsageException($"--device is '{device}'; it is cpu, cuda or cuda:N.");

    [GeneratedRegex("^(cpu|cuda(:[0-9]{1,3})?)$")]
    private static partial Regex DeviceName();

    private static ComputeType ComputeTypeOf(string? name) =>
        name switch
        {
            null or "auto" => ComputeType.Automatic,
            "float32" or "f32" => ComputeType.F32,
            "bfloat16" or "bf16" => ComputeType.BF16,
            _ => throw new UsageException($"--dtype is '{name}'; it is auto, float32 (f32) or bfloat16 (bf16)."),
        };
}
