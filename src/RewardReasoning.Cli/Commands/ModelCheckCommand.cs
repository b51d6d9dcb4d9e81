using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using RewardReasoning.Cli.Hub;
using RewardReasoning.Cli.Judging;
using RewardReasoning.Cli.Output;
using RewardReasoning.Cli.Parsing;
using RewardReasoning.Cli.Terminals;
using RewardReasoning.Models;
using RewardReasoning.Models.Checking;
using RewardReasoning.Models.Gguf;

namespace RewardReasoning.Cli.Commands;

/// <summary><c>rrm model check</c>: does a checkpoint compute here what it computes in transformers?</summary>
internal static class ModelCheckCommand
{
    public static Command Create(Terminal terminal)
    {
        Argument<string> folder = ModelCommand.ModelArgument();
        Option<string?> against = new("--against")
        {
            Description =
                "Expected figures of a folder: expected.safetensors or expected.json (docs/cli.md describes both). A GGUF file is read "
                + "to its end instead.",
            HelpName = "EXPECTED",
        };
        Option<bool> json = new("--json") { Description = "Print the differences as JSON." };
        Command command = Verb.Create(
            terminal,
            "check",
            "Compare what a checkpoint computes here, in F32, with figures from elsewhere, or read a GGUF file to its end; exit code 1 "
                + "when something is wrong.",
            """
            rrm model check FOLDER --against expected.safetensors
            rrm model check FOLDER --against expected.json --json
            rrm model check judge.gguf
            """
        );
        command.Arguments.Add(folder);
        command.Options.Add(against);
        command.Options.Add(json);
        command.SetAction(
            async (parsed, cancellationToken) =>
            {
                string? expected = parsed.GetValue(against);
                string local = await HubArgument.LocalModelAsync(parsed.GetRequiredValue(folder), terminal, cancellationToken);
                if (GgufPath.Is(local))
                {
                    return expected is null
                        ? await Task.Run(() => ReadGguf(terminal, local, parsed.GetValue(json), cancellationToken), cancellationToken)
                        : throw new UsageException("--against goes with a model folder; a GGUF file is read to its end without it.");
                }

                ModelFolders.Require(local);
                return expected is null
                    ? throw new UsageException("--against EXPECTED is missing; a folder is compared with figures from elsewhere.")
                    : await Task.Run(() => Run(terminal, local, expected, parsed.GetValue(json), cancellationToken), cancellationToken);
            }
        );
        return command;
    }

    private static int ReadGguf(Terminal terminal, string path, bool json, CancellationToken cancellationToken)
    {
        GgufFile file = GgufFile.Open(GgufPath.Require(path));
        IReadOnlyList<string> faults = GgufCheck.Faults(file, cancellationToken);
        GgufText.Write(terminal, file, faults, json);
        foreach (string fault in faults)
        {
            terminal.Error.WriteLine($"rrm: {fault}");
        }

        if (!json)
        {
            terminal.Out.WriteLine(
                faults.Count == 0 ? "The file is whole, and this program can use it." : "Something is wrong with the file."
            );
        }

        return faults.Count == 0 ? ExitCodes.Done : ExitCodes.Failed;
    }

    private static int Run(Terminal terminal, string folder, string against, bool json, CancellationToken cancellationToken)
    {
        ModelCheckReport report = ModelCheck.Run(folder, against, cancellationToken: cancellationToken);
        int exitCode = report.Passed ? ExitCodes.Done : ExitCodes.Failed;
        IReadOnlyList<string> warnings = ModelFolder.Warnings(folder);
        if (json)
        {
            ModelCheckJson result = new(report.Passed, [.. report.Quantities.Select(QuantityJson.Of)], warnings);
            terminal.Out.WriteLine(JsonSerializer.Serialize(result, OutputJson.Indented.ModelCheckJson));
            return exitCode;
        }

        int width = report.Quantities.Max(quantity => quantity.Name.Length);
        foreach (ModelCheckQuantity quantity in report.Quantities)
        {
            terminal.Out.WriteLine(
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"{quantity.Name.PadRight(width)}  largest difference {quantity.LargestDifference:0.0e+00}  tolerance "
                        + $"{quantity.Tolerance:0.0e+00}  {quantity.ValueCount, 8} values  {(quantity.Passed ? "ok" : "DIFFERS")}"
                )
            );
        }

        terminal.Out.WriteLine(
            report.Passed ? "The model computes here what was expected." : "The model does not compute here what was expected."
        );
        foreach (string warning in warnings)
        {
            terminal.Error.WriteLine($"rrm: {warning}");
        }

        return exitCode;
    }
}
