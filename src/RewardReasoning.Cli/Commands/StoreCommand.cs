using System.CommandLine;
using RewardReasoning.Cli.Parsing;
using RewardReasoning.Cli.Terminals;

namespace RewardReasoning.Cli.Commands;

/// <summary><c>rrm store</c>: what is stored, and how it is printed or removed.</summary>
internal static class StoreCommand
{
    public static Command Create(Terminal terminal, TimeProvider time)
    {
        Command command = Verb.Create(
            terminal,
            "store",
            "Count stored completions, print them, remove them.",
            """
            rrm store stats
            rrm store export --model rrm-mini >completions.jsonl
            rrm store prune --older-than 90d --dry-run
            """
        );
        command.Subcommands.Add(StoreStatsCommand.Create(terminal));
        command.Subcommands.Add(StoreExportCommand.Create(terminal));
        command.Subcommands.Add(StorePruneCommand.Create(terminal, time));
        return command;
    }

    public static Option<string?> ModelOption() =>
        new("--model")
        {
            Description = "Only completions of this model: its name, or its identity as stats --json prints it.",
            HelpName = "NAME",
        };
}
