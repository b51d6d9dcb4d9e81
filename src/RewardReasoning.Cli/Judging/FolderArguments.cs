using System.CommandLine;
using System.Globalization;
using System.Text.RegularExpressions;
using RewardReasoning.Cli.Hub;
using RewardReasoning.Cli.Parsing;
using RewardReasoning.Cli.Terminals;
using RewardReasoning.Models;

namespace RewardReasoning.Cli.Judging;

/// <summary>How a model folder or a GGUF file is run in this process.</summary>
internal sealed partial class FolderArguments
{
    private readonly Option<string?> _type = new("--dtype")
    {
        Description = "What a model folder computes in; auto takes the faster one here (default auto).",
        HelpName = "auto|float32|bfloat16",
    };

    private readonly Option<string?> _weights = new("--weights")
    {
        Description =
            "The weights with which a model folder writes: as they are, or a copy in 8 bits, which is faster and a little less exact "
            + "(default stored).",
        HelpName = "stored|int8",
    };

    private readonly Option<string?> _device = new("--device")
    {
        Description = "Where a model folder computes (default cpu).",
        HelpName = "cpu|cuda|cuda:N",
    };

    private readonly Option<string[]> _template = new("--template-arg")
    {
        Description = "Variable of the model's own chat template, such as enable_thinking=false; may be given several times.",
        HelpName = "NAME=VALUE",
    };

    private readonly Option<bool> _deterministic = new("--deterministic")
    {
        Description = "Give equal seeds the same text to the last token, whatever else runs; each prompt is then computed by itself.",
    };

    /// <summary>The options, to be added to a command.</summary>
    public Option[] Options => [_type, _weights, _device, _template, _deterministic];

    /// <summary>The model that was named, loaded from the hub where it is there, or the shipped one where none was.</summary>
    /// <exception cref="UsageException">It is no model, or the options have wrong values.</exception>
    public async Task<ModelSource> ReadAsync(ParseResult parsed, string? model, Terminal terminal, CancellationToken cancellationToken)
    {
        LocalModelOptions options = new()
        {
            ComputeType = ComputeTypeOf(parsed.GetValue(_type)),
            EightBitWeights = AreEightBit(parsed.GetValue(_weights)),
            HashFolder = HashFolderOf(terminal),
            TemplateVariables = VariablesOf(parsed.GetValue(_template) ?? []),
        };
        string local = model is null ? ModelFolders.Default() : await HubArgument.LocalModelAsync(model, terminal, cancellationToken);
        Option? folderOption = Array.Find<Option>(
            [_type, _weights, _device, _deterministic],
            option => parsed.GetResult(option) is { Implicit: false }
        );
        if (GgufPath.Is(local) && folderOption is not null)
        {
            throw new UsageException(
                $"{folderOption.Name} goes with a model folder; a GGUF file has its own type, and llama.cpp runs it on the processor."
            );
        }

        ModelSource source = SourceOf(local, parsed.GetValue(_device) is { } device ? options with { Device = Require(device) } : options);
        return source is FolderSource folder ? folder with { Deterministic = parsed.GetValue(_deterministic) } : source;
    }

    /// <summary>The folder or file of a model on this machine.</summary>
    /// <exception cref="UsageException">It is neither.</exception>
    public static ModelSource SourceOf(string model, LocalModelOptions options) =>
        GgufPath.Is(model) ? new GgufSource(GgufPath.Require(model), options) : new FolderSource(ModelFolders.Require(model), options);

    /// <summary>Where hashes of large model files are remembered.</summary>
    public static string? HashFolderOf(Terminal terminal) => terminal.Folders.Cache is { } cache ? Path.Combine(cache, "hashes") : null;

    /// <exception cref="UsageException">It is not the name of a device.</exception>
    private static string Require(string device) =>
        DeviceName().IsMatch(device) ? device : throw new UsageException($"--device is '{device}'; it is cpu, cuda or cuda:N.");

    [GeneratedRegex("^(cpu|cuda(:[0-9]{1,3})?)$")]
    private static partial Regex DeviceName();

    private static Dictionary<string, object?> VariablesOf(string[] arguments)
    {
        Dictionary<string, object?> variables = [];
        foreach (string argument in arguments)
        {
            int sign = argument.IndexOf('=', StringComparison.Ordinal);
            if (sign <= 0 || !variables.TryAdd(argument[..sign], ValueOf(argument[(sign + 1)..])))
            {
                throw new UsageException(
                    $"--template-arg is '{argument}'; it is NAME=VALUE, each name once, such as enable_thinking=false."
                );
            }
        }

        return variables;
    }

    /// <summary>A JSON literal as what it is, any other text as a string.</summary>
    private static object? ValueOf(string text) =>
        text switch
        {
            "true" => true,
            "false" => false,
            "null" => null,
            _ when long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out long number) => number,
            _ when double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out double number) && double.IsFinite(number) =>
                number,
            _ => text,
        };

    private static bool AreEightBit(string? name) =>
        name switch
        {
            null or "stored" => false,
            "int8" => true,
            _ => throw new UsageException($"--weights is '{name}'; it is stored or int8."),
        };

    private static ComputeType ComputeTypeOf(string? name) =>
        name switch
        {
            null or "auto" => ComputeType.Automatic,
            "float32" or "f32" => ComputeType.F32,
            "bfloat16" or "bf16" => ComputeType.BF16,
            _ => throw new UsageException($"--dtype is '{name}'; it is auto, float32 (f32) or bfloat16 (bf16)."),
        };
}
