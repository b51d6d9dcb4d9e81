using System.CommandLine;
using RewardReasoning.Cli.Training;
using RewardReasoning.Training.Grpo;
using RewardReasoning.Training.Runs;
using RewardReasoning.Training.Sft;

namespace RewardReasoning.Cli.Commands;

/// <summary><c>rrm train</c>: runs a recipe, or goes on with it.</summary>
internal static class TrainCommand
{
    public static Command Create(Terminal terminal, TimeProvider clock)
    {
        Command command = Verb.Create(
            terminal,
            "train",
            "Train a model by a recipe. A run that was stopped or killed goes on at its last checkpoint when the same command is given again.",
            """
            rrm train sft recipes/rrm-mini/base.json
            rrm train grpo recipes/rrm-mini/judge.json
            """);
        command.Subcommands.Add(Method(
            terminal,
            "sft",
            "Supervised training on documents of prompt and completion.",
            (recipe, progress, token) => new SftTrainer(RecipeFile.Load<SftRecipe>(recipe), clock).Run(progress, token)));
        command.Subcommands.Add(Method(
            terminal,
            "grpo",
            "Train a judge by reinforcement learning alone: +1 for the right verdict, -1 for the wrong one or none.",
            (recipe, progress, token) => new GrpoTrainer(RecipeFile.Load<GrpoRecipe>(recipe), clock).Run(progress, token)));
        return command;
    }

    private static Command Method(
        Terminal terminal, string name, string description, Func<string, Action<TrainingProgress>, CancellationToken, RunFolder> train)
    {
        Argument<string> recipe = new("RECIPE") { Description = "JSON file; paths in it start from the current folder." };
        Option<bool> json = new("--json") { Description = "Print the metrics of each step as one JSON object a line." };
        Command command = Verb.Create(terminal, name, description, $"rrm train {name} recipe.json\nrrm train {name} recipe.json --json > metrics.jsonl");
        command.Arguments.Add(recipe);
        command.Options.Add(json);
        command.SetAction(async (parsed, cancellationToken) =>
        {
            bool asJson = parsed.GetValue(json);
            string path = parsed.GetRequiredValue(recipe);
            RunFolder? run = null;
            await TrainingView.RunAsync(terminal, asJson, name, progress => run = train(path, progress, cancellationToken));
            if (!asJson && run is not null)
            {
                terminal.Out.WriteLine(run.FinalModel);
            }

            return ExitCodes.Done;
        });
        return command;
    }
}
