using System.CommandLine;
using RewardReasoning.Cli.Hub;
using RewardReasoning.Cli.Judging;
using RewardReasoning.Cli.Training;
using RewardReasoning.Recipes;
using RewardReasoning.Training.Dpo;
using RewardReasoning.Training.Grpo;
using RewardReasoning.Training.RewardModels;
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
            rrm train grpo --describe
            """
        );
        command.Subcommands.Add(
            Method<SftRecipe>(
                terminal,
                "sft",
                "Supervised training on documents of prompt and completion.",
                (recipe, progress, token) => new SftTrainer(recipe, clock).Run(progress, token)
            )
        );
        command.Subcommands.Add(
            Method<GrpoRecipe>(
                terminal,
                "grpo",
                "Train a judge by reinforcement learning alone: +1 for the right verdict, -1 for the wrong one or none. Or a policy, by a judge's rankings of its responses.",
                (recipe, progress, token) =>
                    new GrpoTrainer(recipe, clock) { DefaultStore = () => StoreArgument.MakeDefault(terminal, "policy.judge.store") }.Run(
                        progress,
                        token
                    )
            )
        );
        command.Subcommands.Add(
            Method<DpoRecipe>(
                terminal,
                "dpo",
                "Direct preference optimization: make chosen responses likelier than rejected ones.",
                (recipe, progress, token) => new DpoTrainer(recipe, clock).Run(progress, token)
            )
        );
        Command rewardModel = Method<RewardModelRecipe>(
            terminal,
            "reward-model",
            "Train a scalar reward model: one score for a response, without reasoning.",
            (recipe, progress, token) => new RewardModelTrainer(recipe, clock).Run(progress, token)
        );
        rewardModel.Aliases.Add("rm");
        command.Subcommands.Add(rewardModel);
        return command;
    }

    private static Command Method<TRecipe>(
        Terminal terminal,
        string name,
        string description,
        Func<TRecipe, Action<TrainingProgress>, CancellationToken, RunFolder> train
    )
        where TRecipe : TrainingRecipe
    {
        Argument<string?> recipe = new("RECIPE")
        {
            Description = "JSON file; paths in it start from the current folder, or from the hub (hf://…).",
            Arity = ArgumentArity.ZeroOrOne,
        };
        Option<bool> describe = new("--describe")
        {
            Description = "Print every field of a recipe with its type, default and meaning; runs nothing.",
        };
        Option<bool> json = new("--json") { Description = "Print the metrics of each step as one JSON object a line." };
        Command command = Verb.Create(
            terminal,
            name,
            description,
            $"rrm train {name} recipe.json\nrrm train {name} recipe.json --json > metrics.jsonl\nrrm train {name} --describe"
        );
        command.Arguments.Add(recipe);
        command.Options.Add(describe);
        command.Options.Add(json);
        command.SetAction(
            async (parsed, cancellationToken) =>
            {
                if (parsed.GetValue(describe))
                {
                    RecipeText.Write(terminal, typeof(TRecipe));
                    return ExitCodes.Done;
                }

                bool asJson = parsed.GetValue(json);
                string path =
                    parsed.GetValue(recipe)
                    ?? throw new UsageException($"RECIPE is missing; rrm train {name} --describe says what one holds.");
                TRecipe loaded = RecipeFile.Load<TRecipe>(path, await HubRecipe.TextAsync(path, terminal, cancellationToken));
                RunFolder? run = null;
                await TrainingView.RunAsync(terminal, asJson, name, progress => run = train(loaded, progress, cancellationToken));
                if (run is not null)
                {
                    ModelRewriteCommand.WriteWarnings(terminal, run.FinalModel);
                }

                if (!asJson && run is not null)
                {
                    terminal.Out.WriteLine(run.FinalModel);
                }

                return ExitCodes.Done;
            }
        );
        return command;
    }
}
