using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Invocation;

namespace RewardReasoning.Cli;

/// <summary>A command whose <c>--help</c> ends with examples.</summary>
internal static class Verb
{
    public static Command Create(Terminal terminal, string name, string description, string examples) =>
        new(name, description)
        {
            new HelpOption { Recursive = false, Action = new HelpWithExamples(terminal, examples) },
        };

    private sealed class HelpWithExamples(Terminal terminal, string examples) : SynchronousCommandLineAction
    {
        public override bool ClearsParseErrors => true;

        public override int Invoke(ParseResult parseResult)
        {
            new HelpAction { MaxWidth = terminal.Width }.Invoke(parseResult);
            terminal.Out.WriteLine("Examples:");
            foreach (string line in examples.Split('\n'))
            {
                terminal.Out.WriteLine($"  {line}".TrimEnd());
            }

            return ExitCodes.Done;
        }
    }
}
