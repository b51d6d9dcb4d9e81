using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Invocation;
using RewardReasoning.Cli.Terminals;

namespace RewardReasoning.Cli.Parsing;

/// <summary>A command whose <c>--help</c> groups its options and ends with examples.</summary>
internal static class Verb
{
    public static Command Create(Terminal terminal, string name, string description, string examples) =>
        new(name, description)
        {
            new HelpOption { Recursive = false, Action = new GroupedHelp(terminal, examples) },
        };

    private sealed class GroupedHelp(Terminal terminal, string examples) : SynchronousCommandLineAction
    {
        public override bool ClearsParseErrors => true;

        public override int Invoke(ParseResult parseResult)
        {
            foreach (string line in new HelpText(parseResult.CommandResult.Command, examples, terminal.Width).Lines())
            {
                terminal.Out.WriteLine(line);
            }

            return ExitCodes.Done;
        }
    }
}
