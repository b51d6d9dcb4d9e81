using System.CommandLine;
using RewardReasoning.Cli.Hub;
using RewardReasoning.Cli.Judging;
using RewardReasoning.Cli.Parsing;
using RewardReasoning.Cli.Terminals;
using RewardReasoning.Cli.Training;
using RewardReasoning.Training;
using RewardReasoning.Training.Runs;

namespace RewardReasoning.Cli.Commands;

/// <summary><c>rrm train</c>: runs or resumes a recipe.</summary>
internal static class TrainCommand
{
    public static Command Create(Terminal terminal, TimeProvider clock)
    {
        Command command = Verb.Create(
            terminal,
            "train",
            "Train a model by a recipe. The same command resumes a stopped or killed run at its last checkpoint.",
            """
            rrm train sft recipes/rrm-mini/base.json
            rrm train grpo recipes/rrm-mini/judge.json
            rrm train policy recipes/policy-mini/elo.json
            rrm train grpo --describe
            """
        );
        command.Subcommands.Add(
            Method(terminal, clock, TrainingKind.Sft, "sft", "Supervised training on documents of prompt and completion.")
        );
        command.Subcommands.Add(
            Method(
                terminal,
                clock,
                TrainingKind.Grpo,
                "grpo",
                "Train a judge by reinforcement learning alone: +1 for the right verdict, -1 for a wrong one or none."
            )
        );
        command.Subcommands.Add(
            Method(
                terminal,
                clock,
                TrainingKind.Policy,
                "policy",
                "Train a policy by reinforcement learning on questions without answers; a judge's rankings of its responses are the reward."
            )
        );
        command.Subcommands.Add(
            Method(
                terminal,
                clock,
                TrainingKind.Dpo,
                "dpo",
                "Direct preference optimization: make chosen responses likelier than rejected ones."
            )
        );
        Command rewardModel = Method(
            terminal,
            clock,
            TrainingKind.RewardModel,
            "reward-model",
            "Train a scalar reward model: one score for a response, without reasoning."
        );
        rewardModel.Aliases.Add("rm");
        command.Subcommands.Add(rewardModel);
        return command;
    }

    private static Command Method(Terminal terminal, TimeProvider clock, TrainingKind kind, string name, string description)
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
        Option<bool> estimate = new("--estimate")
        {
            Description = "Do a few steps and one measurement, keep nothing, and say what time and memory the whole run would take here.",
        };
        Option<bool> json = new("--json") { Description = "Print the metrics of each step as one JSON object a line." };
        Command command = Verb.Create(
            terminal,
            name,
            description,
            $"""
            rrm train {name} recipe.json
            rrm train {name} recipe.json --json > metrics.jsonl
            rrm train {name} recipe.json --estimate
            rrm train {name} --describe
            """
        );
        command.Arguments.Add(recipe);
        command.Options.Add(describe);
        command.Options.Add(estimate);
        command.Options.Add(json);
        command.SetAction(
            async (parsed, cancellationToken) =>
            {
                if (parsed.GetValue(describe))
                {
                    RecipeText.Write(terminal, TrainingRun.RecipeOf(kind));
                    return ExitCodes.Done;
                }

                bool asJson = parsed.GetValue(json);
                string path =
                    parsed.GetValue(recipe)
                    ?? throw new UsageException($"RECIPE is missing; rrm train {name} --describe prints its fields.");
                TrainingRun run = TrainingRun.Load(kind, path, await HubRecipe.TextAsync(path, terminal, cancellationToken));
                run.Clock = clock;
                run.DefaultStore = () => StoreArgument.MakeDefault(terminal, "judge.store");
                if (parsed.GetValue(estimate))
                {
                    TrainingEstimate whole = await Task.Run(() => run.Estimate(cancellationToken), CancellationToken.None);
                    EstimateText.Write(terminal, whole, asJson);
                    return ExitCodes.Done;
                }

                string? model = null;
                await TrainingView.RunAsync(terminal, asJson, name, progress => model = run.Run(progress, cancellationToken));
                if (model is not null)
                {
                    ModelRewriteCommand.WriteWarnings(terminal, model);
                }

                if (!asJson && model is not null)
                {
                    terminal.Out.WriteLine(model);
                }

                return ExitCodes.Done;
            }
        );
        return command;
    }
}
