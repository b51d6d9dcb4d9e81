using System.CommandLine;
using System.Text.Json;
using RewardReasoning.Cli.Output;
using RewardReasoning.Models.Checks;

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
            """);
        command.Arguments.Add(folder);
        command.Options.Add(against);
        command.Options.Add(json);
        command.SetAction((parsed, cancellationToken) => Task.Run(
            () => Run(terminal, parsed.GetRequiredValue(folder), parsed.GetRequiredValue(against), parsed.GetValue(json), cancellationToken), cancellationToken));
        return command;
    }

    private static int Run(Terminal terminal, string folder, string against, bool json, CancellationToken cancellationToken)
    {
        IReadOnlyList<CheckedQuantity> quantities = ModelCheck.Run(folder, against, cancellationToken);
        bool passed = quantities.All(quantity => quantity.Passed);
        if (json)
        {
            ModelCheckJson result = new(passed, [.. quantities.Select(QuantityJson.Of)]);
            terminal.Out.WriteLine(JsonSerializer.Serialize(result, OutputJson.Indented.ModelCheckJson));
            return passed ? ExitCodes.Done : ExitCodes.Failed;
        }

        int width = quantities.Max(quantity => quantity.Name.Length);
        foreach (CheckedQuantity quantity in quantities)
        {
            terminal.Out.WriteLine(FormattableString.Invariant(
                $"{quantity.Name.PadRight(width)}  largest difference {quantity.LargestDifference:0.0e+00}  tolerance {quantity.Tolerance:0.0e+00}  {quantity.Values,8} values  {(quantity.Passed ? "ok" : "DIFFERS")}"));
        }

        terminal.Out.WriteLine(passed ? "The model computes here what was expected." : "The model does not compute here what was expected.");
        return passed ? ExitCodes.Done : ExitCodes.Failed;
    }
}
