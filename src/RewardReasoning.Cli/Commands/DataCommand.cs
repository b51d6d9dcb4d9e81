using System.CommandLine;

namespace RewardReasoning.Cli.Commands;

/// <summary><c>rrm data</c>: looking into data and preparing it.</summary>
internal static class DataCommand
{
    public static Command Create(Terminal terminal)
    {
        Command command = Verb.Create(
            terminal,
            "data",
            "Look into data files and prepare them.",
            """
            rrm data inspect pairs.jsonl
            """);
        command.Subcommands.Add(DataInspectCommand.Create(terminal));
        return command;
    }
}
