using System.CommandLine;
using RewardReasoning.Cli.Parsing;
using RewardReasoning.Cli.Terminals;

namespace RewardReasoning.Cli.Commands;

/// <summary><c>rrm endpoint</c>: about servers.</summary>
internal static class EndpointCommand
{
    public static Command Create(Terminal terminal)
    {
        Command command = Verb.Create(
            terminal,
            "endpoint",
            "Examine an OpenAI-compatible server.",
            """
            rrm endpoint probe http://localhost:8000/v1
            """
        );
        command.Subcommands.Add(EndpointProbeCommand.Create(terminal));
        return command;
    }
}
