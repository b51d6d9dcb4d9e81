using System.CommandLine;
using RewardReasoning.Cli.Exporting;
using RewardReasoning.Cli.Parsing;
using RewardReasoning.Cli.Terminals;
using RewardReasoning.Data.Export;
using RewardReasoning.Data.Export.Verl;
using RewardReasoning.Evaluation.Running;
using RewardReasoning.Judging;

namespace RewardReasoning.Cli.Commands;

/// <summary><c>rrm export verl</c>: a folder from which verl trains a judge on any number of GPUs.</summary>
internal static class ExportVerlCommand
{
    private static readonly VerlExportOptions Defaults = new();

    public static Command Create(Terminal terminal, TimeProvider time)
    {
        ExportArguments arguments = new();
        Option<string> output = new("--out")
        {
            Description = "The folder; it is created.",
            HelpName = "FOLDER",
            Required = true,
        };
        Option<string> model = new("--model")
        {
            Description = "The model that training begins with: a name on the Hugging Face hub, or a folder.",
            HelpName = "NAME",
            DefaultValueFactory = _ => Defaults.Model,
        };
        Option<int> gpus = new("--gpus")
        {
            Description = "GPUs of each machine.",
            HelpName = "N",
            DefaultValueFactory = _ => Defaults.Gpus,
        };
        Option<int> nodes = new("--nodes")
        {
            Description = "Machines.",
            HelpName = "N",
            DefaultValueFactory = _ => Defaults.Nodes,
        };
        Option<double> testShare = new("--test-share")
        {
            Description = "Share of the queries that are held out for testing.",
            HelpName = "P",
            DefaultValueFactory = _ => Defaults.TestShare,
        };
        Option<bool> both = new("--both-orders")
        {
            Description = "Write every pair in both orders; otherwise a hash of the pair chooses one.",
        };
        Option<int> promptTokens = new("--max-prompt-tokens")
        {
            Description = "Most tokens of a prompt; verl leaves longer ones out.",
            HelpName = "N",
            DefaultValueFactory = _ => Defaults.MaxPromptTokens,
        };
        Option<int> tokens = new("--max-tokens")
        {
            Description = "Most tokens of a completion.",
            HelpName = "N",
            DefaultValueFactory = _ => Defaults.MaxResponseTokens,
        };
        Option<string?> prompt = new("--prompt")
        {
            Description = "Template of the judge's prompt, instead of the built-in one (docs/cli.md).",
            HelpName = "FILE",
        };
        Command command = Verb.Create(
            terminal,
            "verl",
            "Write pairs, reward function, settings and launch script for training a judge with verl on Ray.",
            """
            rrm export verl pairs.jsonl --out judge-on-verl
            rrm export verl "data/**/*.parquet" --out judge-on-verl --gpus 8 --nodes 2 --model Qwen/Qwen3-8B --both-orders
            """
        );
        arguments.AddTo(command);
        foreach (Option option in new Option[] { output, model, gpus, nodes, testShare, both, promptTokens, tokens, prompt })
        {
            command.Options.Add(option);
        }

        command.SetAction(
            async (parsed, cancellationToken) =>
            {
                VerlExportOptions options = new()
                {
                    Model = parsed.GetRequiredValue(model),
                    Gpus = parsed.GetValue(gpus),
                    Nodes = parsed.GetValue(nodes),
                    TestShare = parsed.GetValue(testShare),
                    BothOrders = parsed.GetValue(both),
                    MaxPromptTokens = parsed.GetValue(promptTokens),
                    MaxResponseTokens = parsed.GetValue(tokens),
                    Prompt = parsed.GetValue(prompt) is { } file ? JudgePrompt.Load(file) : Defaults.Prompt,
                };
                _ = CheckedOptions.Require(options);
                RowSource input = await arguments.InputAsync(parsed, terminal, cancellationToken);
                string folder = parsed.GetRequiredValue(output);
                ExportReport report = await new VerlExport(options, time).WriteAsync(
                    input.ReadAsync(cancellationToken),
                    folder,
                    (row, fault) => ExportArguments.Complain(terminal, row, fault),
                    cancellationToken
                );
                return arguments.Finish(parsed, terminal, report, folder);
            }
        );
        return command;
    }
}
