using System.CommandLine;
using RewardReasoning.Cli.Parsing;
using RewardReasoning.Cli.Terminals;

namespace RewardReasoning.Cli.Commands;

/// <summary><c>rrm data</c>: looking into data and preparing it.</summary>
internal static class DataCommand
{
    public static Command Create(Terminal terminal, TimeProvider time)
    {
        Command command = Verb.Create(
            terminal,
            "data",
            "Inspect and prepare data files.",
            """
            rrm data inspect pairs.jsonl
            rrm data verify answers.jsonl --out verified.jsonl
            rrm data build recipes/pairs/mmlu-pro.json --out runs/pairs
            """
        );
        command.Subcommands.Add(DataInspectCommand.Create(terminal));
        command.Subcommands.Add(DataBuildCommand.Create(terminal, time));
        command.Subcommands.Add(DataVerifyCommand.Create(terminal, time));
        return command;
    }
}
