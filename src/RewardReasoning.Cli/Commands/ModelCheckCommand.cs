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

namespace RewardReasoning.Cli.Commands;

/// <summary><c>rrm model check</c>: does a checkpoint compute here what it computes in transformers?</summary>
internal static class ModelCheckCommand
{
    public static Command Create(Terminal terminal)
    {
        Argument<string> folder = ModelCommand.FolderArgument();
        Option<string> against = new("--against")
        {
            Description = "Expected figures: expected.safetensors or expected.json (docs/cli.md describes both).",
            HelpName = "EXPECTED",
            Required = true,
        };
        Option<bool> json = new("--json") { Description = "Print the differences as JSON." };
        Command command = Verb.Create(
            terminal,
            "check",
            "Compare what a checkpoint computes here, in F32, with figures from elsewhere; exit code 1 when they differ.",
            """
            rrm model check FOLDER --against expected.safetensors
            rrm model check FOLDER --against expected.json --json
            """
        );
        command.Arguments.Add(folder);
        command.Options.Add(against);
        command.Options.Add(json);
        command.SetAction(
            async (parsed, cancellationToken) =>
            {
                string local = ModelFolders.Require(
                    await HubArgument.LocalModelAsync(parsed.GetRequiredValue(folder), terminal, cancellationToken)
                );
                return await Task.Run(
                    () => Run(terminal, local, parsed.GetRequiredValue(against), parsed.GetValue(json), cancellationToken),
                    cancellationToken
                );
            }
        );
        return command;
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
