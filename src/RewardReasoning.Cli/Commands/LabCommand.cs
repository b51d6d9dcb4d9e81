using System.CommandLine;
using System.Globalization;
using RewardReasoning.Cli.Judging;
using RewardReasoning.Cli.Parsing;
using RewardReasoning.Cli.Terminals;
using RewardReasoning.Cli.Training;
using RewardReasoning.Lab;
using RewardReasoning.Recipes;

namespace RewardReasoning.Cli.Commands;

/// <summary><c>rrm lab</c>: the paper in miniature, from nothing to a judge.</summary>
internal static class LabCommand
{
    public static Command Create(Terminal terminal, TimeProvider clock)
    {
        Argument<string> recipe = new("RECIPE") { Description = "JSON file of steps; paths in it start from the current folder." };
        Option<bool> json = new("--json") { Description = "Print the metrics of each training step as one JSON object a line." };
        Command command = Verb.Create(
            terminal,
            "lab",
            "Make a small judge from scratch: tokenizer, data, base model, reinforcement learning. A stopped or killed run is resumed.",
            "rrm lab recipes/rrm-mini/lab.json"
        );
        command.Arguments.Add(recipe);
        command.Options.Add(json);
        command.SetAction(
            async (parsed, cancellationToken) =>
            {
                LabRecipe lab = RecipeFile.Load<LabRecipe>(parsed.GetRequiredValue(recipe));
                await TrainingView.RunAsync(
                    terminal,
                    parsed.GetValue(json),
                    "lab",
                    progress =>
                        new LabRunner(lab, clock) { DefaultStore = () => StoreArgument.MakeDefault(terminal, "judge.store") }.Run(
                            (number, step) =>
                                terminal.Error.WriteLine(
                                    string.Create(
                                        CultureInfo.InvariantCulture,
                                        $"step {number} of {lab.Steps.Count}: {step.Kind} {step.Recipe ?? step.To}"
                                    )
                                ),
                            progress,
                            cancellationToken
                        )
                );
                return ExitCodes.Done;
            }
        );
        return command;
    }
}
